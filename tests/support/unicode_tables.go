// Writes compiler/route/regex_tables.c: Unicode's categories, scripts and simple case folding as numbers.
//
//	go run tests/support/unicode_tables.go > compiler/route/regex_tables.c
//
// The tables are those that Go's regular expressions use, so take the Go version that builds Traefik.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
	"unicode"
)

type row struct{ lo, hi, stride uint32 }

func rows(t *unicode.RangeTable) []row {
	var out []row
	if t == nil {
		return out
	}
	for _, r := range t.R16 {
		out = append(out, row{uint32(r.Lo), uint32(r.Hi), uint32(r.Stride)})
	}
	for _, r := range t.R32 {
		out = append(out, row{r.Lo, r.Hi, r.Stride})
	}
	return out
}

// A name as it is looked up: upper case first, then lower case, no '_', '-' and blanks.
func canonical(name string) string {
	name = strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
	return strings.ToUpper(name[:1]) + name[1:]
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	type class struct {
		name           string
		from, to, fold int // rows [from, to) and, for (?i), [to, fold) too
	}
	var all []row
	var classes []class
	add := func(name string, table, fold *unicode.RangeTable) {
		c := class{name: name, from: len(all)}
		all = append(all, rows(table)...)
		c.to = len(all)
		all = append(all, rows(fold)...)
		c.fold = len(all)
		classes = append(classes, c)
	}
	seen := map[string]bool{}
	for name, table := range unicode.Categories {
		seen[canonical(name)] = true
		add(canonical(name), table, unicode.FoldCategory[name])
	}
	for name, table := range unicode.Scripts {
		// Go finds no script of several words: it looks for the canonical name among the others.
		if name == canonical(name) && !seen[name] {
			seen[canonical(name)] = true
			add(canonical(name), table, unicode.FoldScript[name])
		}
	}
	for alias, name := range unicode.CategoryAliases {
		if !seen[canonical(alias)] {
			seen[canonical(alias)] = true
			for _, c := range classes {
				if c.name == canonical(name) {
					c.name = canonical(alias)
					classes = append(classes, c)
					break
				}
			}
		}
	}
	sort.Slice(classes, func(i, j int) bool { return classes[i].name < classes[j].name })

	fmt.Fprintf(out, "/* Unicode %s as numbers, written by tests/support/unicode_tables.go: do not edit. */\n", unicode.Version)
	fmt.Fprint(out, "#include \"route/regex_tables.h\"\n\n/* clang-format off */\n")
	fmt.Fprint(out, "const struct unicode_row unicode_rows[] = {")
	for i, r := range all {
		if i%6 == 0 {
			fmt.Fprint(out, "\n   ")
		}
		fmt.Fprintf(out, " {0x%x,0x%x,%d},", r.lo, r.hi, r.stride)
	}
	fmt.Fprint(out, "\n};\n\nconst struct unicode_class unicode_classes[] = {\n")
	for _, c := range classes {
		fmt.Fprintf(out, "    { \"%s\", %d, %d, %d },\n", c.name, c.from, c.to, c.fold)
	}
	fmt.Fprintf(out, "};\nconst size_t n_unicode_classes = %d;\n\n", len(classes))
	fmt.Fprint(out, "const struct unicode_fold unicode_folds[] = {")
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if f := unicode.SimpleFold(r); f != r {
			if n%8 == 0 {
				fmt.Fprint(out, "\n   ")
			}
			fmt.Fprintf(out, " {0x%x,0x%x},", r, f)
			n++
		}
	}
	fmt.Fprintf(out, "\n};\nconst size_t n_unicode_folds = %d;\n", n)
}
