/* Programs of regular expressions against what Go's ReplaceAllString made of the same. */
#include "suite.h"

#include "base/buf.h"
#include "route/regex_program.h"

static const struct {
    const char *pattern, *with, *text, *want;
} cases[] = {
    { "^/api/(.*)", "<$0>", "", "" },
    { "^/api/(.*)", "$1-${2}x$", "/api/x/y", "x/y-x$" },
    { "^/api/(.*)", "${y}/$m$$$1x", "abcd", "abcd" },
    { "^/api/(.*)", "$1-${2}x$", "aaa", "aaa" },
    { "^/api/(.*)", "<$0>", "foo bar foobar", "foo bar foobar" },
    { "^/api/(.*)", "${y}/$m$$$1x", "x/y/z", "x/y/z" },
    { "^/api/(.*)", "$1-${2}x$", "a.bb", "a.bb" },
    { "^/api/(.*)", "<$0>", "ab", "ab" },
    { "(a|ab)(c|bcd)(d*)", "${y}/$m$$$1x", "/api/x/y", "/api/x/y" },
    { "(a|ab)(c|bcd)(d*)", "<$0>", "abcd", "<abcd>" },
    { "(a|ab)(c|bcd)(d*)", "$1-${2}x$", "aabbb", "aabbb" },
    { "(a|ab)(c|bcd)(d*)", "<$0>", "2026-11-28", "2026-11-28" },
    { "(a|ab)(c|bcd)(d*)", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "STRASSE \342\204\252 k" },
    { "(a|ab)(c|bcd)(d*)", "$1-${2}x$", "a\012b", "a\012b" },
    { "(a|ab)(c|bcd)(d*)", "<$0>", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z" },
    { "(a+)(b+)?", "${y}/$m$$$1x", "", "" },
    { "(a+)(b+)?", "<$0>", "/api/x/y", "/<a>pi/x/y" },
    { "(a+)(b+)?", "$1-${2}x$", "abcd", "a-bx$cd" },
    { "(a+)(b+)?", "${y}/$m$$$1x", "aabbb", "/$" },
    { "(a+)(b+)?", "<$0>", "aaa", "<aaa>" },
    { "a{01}b", "<$0>", "ab a{01}b",
      "ab <a{01}b>" }, /* Go: no number has a leading zero, so the brace is text */
    { "a{,2}b{2,1", "<$0>", "aab a{,2}b{2,1", "aab <a{,2}b{2,1>" },
    { "(a+)(b+)?", "${y}/$m$$$1x", "foo bar foobar", "foo b/$r foob/$r" },
    { "(a+)(b+)?", "$1-${2}x$", "x/y/z", "x/y/z" },
    { "(a+)(b+)?", "${y}/$m$$$1x", "a\012b", "/$\012b" },
    { "(a+)(b+)?", "<$0>", "a.bb", "<a>.bb" },
    { "(a+)(b+)?", "${y}/$m$$$1x", "ab", "/$" },
    { "(|a)+", "<$0>", "", "<>" },
    { "(|a)+", "$1-${2}x$", "/api/x/y", "-x$/-x$a-x$p-x$i-x$/-x$x-x$/-x$y-x$" },
    { "(|a)+", "${y}/$m$$$1x", "abcd", "/$a/$b/$c/$d/$" },
    { "(|a)+", "<$0>", "aabbb", "<>a<>a<>b<>b<>b<>" },
    { "(|a)+", "$1-${2}x$", "aaa", "-x$a-x$a-x$a-x$" },
    { "(|a)+", "${y}/$m$$$1x", "2026-11-28", "/$2/$0/$2/$6/$-/$1/$1/$-/$2/$8/$" },
    { "(|a)+", "<$0>", "foo bar foobar", "<>f<>o<>o<> <>b<>a<>r<> <>f<>o<>o<>b<>a<>r<>" },
    { "(|a)+", "$1-${2}x$", "STRASSE \342\204\252 k",
      "-x$S-x$T-x$R-x$A-x$S-x$S-x$E-x$ -x$\342\204\252-x$ -x$k-x$" },
    { "(|a)+", "${y}/$m$$$1x", "x/y/z", "/$x/$//$y/$//$z/$" },
    { "(|a)+", "<$0>", "a\012b", "<>a<>\012<>b<>" },
    { "(|a)+", "$1-${2}x$", "a.bb", "-x$a-x$.-x$b-x$b-x$" },
    { "(|a)+", "${y}/$m$$$1x", "h\303\251\303\251llo \377\376z",
      "/$h/$\303\251/$\303\251/$l/$l/$o/$ /$\377/$\376/$z/$" },
    { "(|a)+", "<$0>", "ab", "<>a<>b<>" },
    { "(a*)*", "$1-${2}x$", "", "-x$" },
    { "(a*)*", "${y}/$m$$$1x", "/api/x/y", "/$//$p/$i/$//$x/$//$y/$" },
    { "(a*)*", "<$0>", "abcd", "<a>b<>c<>d<>" },
    { "(a*)*", "$1-${2}x$", "aabbb", "aa-x$b-x$b-x$b-x$" },
    { "(a*)*", "${y}/$m$$$1x", "aaa", "/$" },
    { "(a*)*", "<$0>", "2026-11-28", "<>2<>0<>2<>6<>-<>1<>1<>-<>2<>8<>" },
    { "(a*)*", "$1-${2}x$", "foo bar foobar", "-x$f-x$o-x$o-x$ -x$ba-x$r-x$ -x$f-x$o-x$o-x$ba-x$r-x$" },
    { "(a*)*", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "/$S/$T/$R/$A/$S/$S/$E/$ /$\342\204\252/$ /$k/$" },
    { "(a*)*", "<$0>", "x/y/z", "<>x<>/<>y<>/<>z<>" },
    { "(a*)*", "$1-${2}x$", "a\012b", "a-x$\012-x$b-x$" },
    { "(a*)*", "${y}/$m$$$1x", "a.bb", "/$./$b/$b/$" },
    { "(a*)*", "<$0>", "h\303\251\303\251llo \377\376z",
      "<>h<>\303\251<>\303\251<>l<>l<>o<> <>\377<>\376<>z<>" },
    { "(a*)*", "$1-${2}x$", "ab", "a-x$b-x$" },
    { "(a*)+", "${y}/$m$$$1x", "", "/$" },
    { "(a*)+", "<$0>", "/api/x/y", "<>/<a>p<>i<>/<>x<>/<>y<>" },
    { "(a*)+", "$1-${2}x$", "abcd", "a-x$b-x$c-x$d-x$" },
    { "(a*)+", "${y}/$m$$$1x", "aabbb", "/$b/$b/$b/$" },
    { "(a*)+", "<$0>", "aaa", "<aaa>" },
    { "(a*)+", "$1-${2}x$", "2026-11-28", "-x$2-x$0-x$2-x$6-x$--x$1-x$1-x$--x$2-x$8-x$" },
    { "(a*)+", "${y}/$m$$$1x", "foo bar foobar", "/$f/$o/$o/$ /$b/$r/$ /$f/$o/$o/$b/$r/$" },
    { "(a*)+", "<$0>", "STRASSE \342\204\252 k", "<>S<>T<>R<>A<>S<>S<>E<> <>\342\204\252<> <>k<>" },
    { "(a*)+", "$1-${2}x$", "x/y/z", "-x$x-x$/-x$y-x$/-x$z-x$" },
    { "(a*)+", "${y}/$m$$$1x", "a\012b", "/$\012/$b/$" },
    { "(a*)+", "<$0>", "a.bb", "<a>.<>b<>b<>" },
    { "(a*)+", "$1-${2}x$", "h\303\251\303\251llo \377\376z",
      "-x$h-x$\303\251-x$\303\251-x$l-x$l-x$o-x$ -x$\377-x$\376-x$z-x$" },
    { "(a*)+", "${y}/$m$$$1x", "ab", "/$b/$" },
    { "x*", "<$0>", "", "<>" },
    { "x*", "$1-${2}x$", "/api/x/y", "-x$/-x$a-x$p-x$i-x$/-x$/-x$y-x$" },
    { "x*", "${y}/$m$$$1x", "abcd", "/$a/$b/$c/$d/$" },
    { "x*", "<$0>", "aabbb", "<>a<>a<>b<>b<>b<>" },
    { "x*", "$1-${2}x$", "aaa", "-x$a-x$a-x$a-x$" },
    { "x*", "${y}/$m$$$1x", "2026-11-28", "/$2/$0/$2/$6/$-/$1/$1/$-/$2/$8/$" },
    { "x*", "<$0>", "foo bar foobar", "<>f<>o<>o<> <>b<>a<>r<> <>f<>o<>o<>b<>a<>r<>" },
    { "x*", "$1-${2}x$", "STRASSE \342\204\252 k",
      "-x$S-x$T-x$R-x$A-x$S-x$S-x$E-x$ -x$\342\204\252-x$ -x$k-x$" },
    { "x*", "${y}/$m$$$1x", "x/y/z", "/$//$y/$//$z/$" },
    { "x*", "<$0>", "a\012b", "<>a<>\012<>b<>" },
    { "x*", "$1-${2}x$", "a.bb", "-x$a-x$.-x$b-x$b-x$" },
    { "x*", "${y}/$m$$$1x", "h\303\251\303\251llo \377\376z",
      "/$h/$\303\251/$\303\251/$l/$l/$o/$ /$\377/$\376/$z/$" },
    { "x*", "<$0>", "ab", "<>a<>b<>" },
    { "(?i)straSSe|K", "${y}/$m$$$1x", "/api/x/y", "/api/x/y" },
    { "(?i)straSSe|K", "$1-${2}x$", "aabbb", "aabbb" },
    { "(?i)straSSe|K", "<$0>", "2026-11-28", "2026-11-28" },
    { "(?i)straSSe|K", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "/$ /$ /$" },
    { "(?i)straSSe|K", "$1-${2}x$", "a\012b", "a\012b" },
    { "(?i)straSSe|K", "<$0>", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z" },
    { "^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})$", "${y}/$m$$$1x", "", "" },
    { "^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})$", "$1-${2}x$", "abcd", "abcd" },
    { "^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})$", "<$0>", "aaa", "aaa" },
    { "^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})$", "${y}/$m$$$1x", "foo bar foobar", "foo bar foobar" },
    { "^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})$", "$1-${2}x$", "x/y/z", "x/y/z" },
    { "^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})$", "<$0>", "a.bb", "a.bb" },
    { "^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})$", "${y}/$m$$$1x", "ab", "ab" },
    { "\\bfoo\\b", "$1-${2}x$", "/api/x/y", "/api/x/y" },
    { "\\bfoo\\b", "<$0>", "aabbb", "aabbb" },
    { "\\bfoo\\b", "${y}/$m$$$1x", "2026-11-28", "2026-11-28" },
    { "\\bfoo\\b", "<$0>", "foo bar foobar", "<foo> bar foobar" },
    { "\\bfoo\\b", "$1-${2}x$", "STRASSE \342\204\252 k", "STRASSE \342\204\252 k" },
    { "\\bfoo\\b", "<$0>", "a\012b", "a\012b" },
    { "\\bfoo\\b", "${y}/$m$$$1x", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z" },
    { "[^/]+$", "$1-${2}x$", "", "" },
    { "[^/]+$", "${y}/$m$$$1x", "/api/x/y", "/api/x//$" },
    { "[^/]+$", "<$0>", "abcd", "<abcd>" },
    { "[^/]+$", "$1-${2}x$", "aabbb", "-x$" },
    { "[^/]+$", "${y}/$m$$$1x", "aaa", "/$" },
    { "[^/]+$", "<$0>", "2026-11-28", "<2026-11-28>" },
    { "[^/]+$", "$1-${2}x$", "foo bar foobar", "-x$" },
    { "[^/]+$", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "/$" },
    { "[^/]+$", "<$0>", "x/y/z", "x/y/<z>" },
    { "[^/]+$", "$1-${2}x$", "a\012b", "-x$" },
    { "[^/]+$", "${y}/$m$$$1x", "a.bb", "/$" },
    { "[^/]+$", "<$0>", "h\303\251\303\251llo \377\376z", "<h\303\251\303\251llo \377\376z>" },
    { "[^/]+$", "$1-${2}x$", "ab", "-x$" },
    { "(?U)a+", "<$0>", "/api/x/y", "/<a>pi/x/y" },
    { "(?U)a+", "$1-${2}x$", "abcd", "-x$bcd" },
    { "(?U)a+", "${y}/$m$$$1x", "aabbb", "/$/$bbb" },
    { "(?U)a+", "<$0>", "aaa", "<a><a><a>" },
    { "(?U)a+", "$1-${2}x$", "2026-11-28", "2026-11-28" },
    { "(?U)a+", "${y}/$m$$$1x", "foo bar foobar", "foo b/$r foob/$r" },
    { "(?U)a+", "<$0>", "STRASSE \342\204\252 k", "STRASSE \342\204\252 k" },
    { "(?U)a+", "${y}/$m$$$1x", "a\012b", "/$\012b" },
    { "(?U)a+", "<$0>", "a.bb", "<a>.bb" },
    { "(?U)a+", "$1-${2}x$", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z" },
    { "(?U)a+", "${y}/$m$$$1x", "ab", "/$b" },
    { "a{2,3}?", "<$0>", "", "" },
    { "a{2,3}?", "${y}/$m$$$1x", "abcd", "abcd" },
    { "a{2,3}?", "<$0>", "aabbb", "<aa>bbb" },
    { "a{2,3}?", "$1-${2}x$", "aaa", "-x$a" },
    { "a{2,3}?", "<$0>", "foo bar foobar", "foo bar foobar" },
    { "a{2,3}?", "${y}/$m$$$1x", "x/y/z", "x/y/z" },
    { "a{2,3}?", "$1-${2}x$", "a.bb", "a.bb" },
    { "a{2,3}?", "<$0>", "ab", "ab" },
    { "(?m)^b", "${y}/$m$$$1x", "/api/x/y", "/api/x/y" },
    { "(?m)^b", "$1-${2}x$", "aabbb", "aabbb" },
    { "(?m)^b", "<$0>", "2026-11-28", "2026-11-28" },
    { "(?m)^b", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "STRASSE \342\204\252 k" },
    { "(?m)^b", "$1-${2}x$", "a\012b", "a\012-x$" },
    { "(?m)^b", "<$0>", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z" },
    { "(?s)a.b", "${y}/$m$$$1x", "", "" },
    { "(?s)a.b", "$1-${2}x$", "abcd", "abcd" },
    { "(?s)a.b", "${y}/$m$$$1x", "aabbb", "/$bb" },
    { "(?s)a.b", "<$0>", "aaa", "aaa" },
    { "(?s)a.b", "${y}/$m$$$1x", "foo bar foobar", "foo bar foobar" },
    { "(?s)a.b", "$1-${2}x$", "x/y/z", "x/y/z" },
    { "(?s)a.b", "${y}/$m$$$1x", "a\012b", "/$" },
    { "(?s)a.b", "<$0>", "a.bb", "<a.b>b" },
    { "(?s)a.b", "${y}/$m$$$1x", "ab", "ab" },
    { "a.b", "$1-${2}x$", "/api/x/y", "/api/x/y" },
    { "a.b", "<$0>", "aabbb", "<aab>bb" },
    { "a.b", "${y}/$m$$$1x", "2026-11-28", "2026-11-28" },
    { "a.b", "$1-${2}x$", "STRASSE \342\204\252 k", "STRASSE \342\204\252 k" },
    { "a.b", "<$0>", "a\012b", "a\012b" },
    { "a.b", "$1-${2}x$", "a.bb", "-x$b" },
    { "a.b", "${y}/$m$$$1x", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z" },
    { "\\pL+", "$1-${2}x$", "", "" },
    { "\\pL+", "${y}/$m$$$1x", "/api/x/y", "//$//$//$" },
    { "\\pL+", "<$0>", "abcd", "<abcd>" },
    { "\\pL+", "$1-${2}x$", "aabbb", "-x$" },
    { "\\pL+", "${y}/$m$$$1x", "aaa", "/$" },
    { "\\pL+", "$1-${2}x$", "foo bar foobar", "-x$ -x$ -x$" },
    { "\\pL+", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "/$ /$ /$" },
    { "\\pL+", "<$0>", "x/y/z", "<x>/<y>/<z>" },
    { "\\pL+", "$1-${2}x$", "a\012b", "-x$\012-x$" },
    { "\\pL+", "${y}/$m$$$1x", "a.bb", "/$./$" },
    { "\\pL+", "<$0>", "h\303\251\303\251llo \377\376z", "<h\303\251\303\251llo> \377\376<z>" },
    { "\\pL+", "$1-${2}x$", "ab", "-x$" },
    { "[\\x{80}-\\x{10ffff}]", "<$0>", "/api/x/y", "/api/x/y" },
    { "[\\x{80}-\\x{10ffff}]", "${y}/$m$$$1x", "aabbb", "aabbb" },
    { "[\\x{80}-\\x{10ffff}]", "$1-${2}x$", "2026-11-28", "2026-11-28" },
    { "[\\x{80}-\\x{10ffff}]", "<$0>", "STRASSE \342\204\252 k", "STRASSE <\342\204\252> k" },
    { "[\\x{80}-\\x{10ffff}]", "${y}/$m$$$1x", "a\012b", "a\012b" },
    { "[\\x{80}-\\x{10ffff}]", "$1-${2}x$", "h\303\251\303\251llo \377\376z", "h-x$-x$llo -x$-x$z" },
    { "$", "<$0>", "", "<>" },
    { "$", "$1-${2}x$", "/api/x/y", "/api/x/y-x$" },
    { "$", "${y}/$m$$$1x", "abcd", "abcd/$" },
    { "$", "<$0>", "aabbb", "aabbb<>" },
    { "$", "$1-${2}x$", "aaa", "aaa-x$" },
    { "$", "${y}/$m$$$1x", "2026-11-28", "2026-11-28/$" },
    { "$", "<$0>", "foo bar foobar", "foo bar foobar<>" },
    { "$", "$1-${2}x$", "STRASSE \342\204\252 k", "STRASSE \342\204\252 k-x$" },
    { "$", "${y}/$m$$$1x", "x/y/z", "x/y/z/$" },
    { "$", "<$0>", "a\012b", "a\012b<>" },
    { "$", "$1-${2}x$", "a.bb", "a.bb-x$" },
    { "$", "${y}/$m$$$1x", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z/$" },
    { "$", "<$0>", "ab", "ab<>" },
    { "^", "$1-${2}x$", "", "-x$" },
    { "^", "${y}/$m$$$1x", "/api/x/y", "/$/api/x/y" },
    { "^", "<$0>", "abcd", "<>abcd" },
    { "^", "$1-${2}x$", "aabbb", "-x$aabbb" },
    { "^", "${y}/$m$$$1x", "aaa", "/$aaa" },
    { "^", "<$0>", "2026-11-28", "<>2026-11-28" },
    { "^", "$1-${2}x$", "foo bar foobar", "-x$foo bar foobar" },
    { "^", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "/$STRASSE \342\204\252 k" },
    { "^", "<$0>", "x/y/z", "<>x/y/z" },
    { "^", "$1-${2}x$", "a\012b", "-x$a\012b" },
    { "^", "${y}/$m$$$1x", "a.bb", "/$a.bb" },
    { "^", "<$0>", "h\303\251\303\251llo \377\376z", "<>h\303\251\303\251llo \377\376z" },
    { "^", "$1-${2}x$", "ab", "-x$ab" },
    { "(a)|b", "${y}/$m$$$1x", "", "" },
    { "(a)|b", "<$0>", "/api/x/y", "/<a>pi/x/y" },
    { "(a)|b", "$1-${2}x$", "abcd", "a-x$-x$cd" },
    { "(a)|b", "${y}/$m$$$1x", "aabbb", "/$/$/$/$/$" },
    { "(a)|b", "<$0>", "aaa", "<a><a><a>" },
    { "(a)|b", "${y}/$m$$$1x", "foo bar foobar", "foo /$/$r foo/$/$r" },
    { "(a)|b", "$1-${2}x$", "x/y/z", "x/y/z" },
    { "(a)|b", "${y}/$m$$$1x", "a\012b", "/$\012/$" },
    { "(a)|b", "<$0>", "a.bb", "<a>.<b><b>" },
    { "(a)|b", "${y}/$m$$$1x", "ab", "/$/$" },
    { "((a)|(b))*", "<$0>", "", "<>" },
    { "((a)|(b))*", "$1-${2}x$", "/api/x/y", "-x$/a-ax$p-x$i-x$/-x$x-x$/-x$y-x$" },
    { "((a)|(b))*", "${y}/$m$$$1x", "abcd", "/$c/$d/$" },
    { "((a)|(b))*", "<$0>", "aabbb", "<aabbb>" },
    { "((a)|(b))*", "$1-${2}x$", "aaa", "a-ax$" },
    { "((a)|(b))*", "${y}/$m$$$1x", "2026-11-28", "/$2/$0/$2/$6/$-/$1/$1/$-/$2/$8/$" },
    { "((a)|(b))*", "<$0>", "foo bar foobar", "<>f<>o<>o<> <ba>r<> <>f<>o<>o<ba>r<>" },
    { "((a)|(b))*", "$1-${2}x$", "STRASSE \342\204\252 k",
      "-x$S-x$T-x$R-x$A-x$S-x$S-x$E-x$ -x$\342\204\252-x$ -x$k-x$" },
    { "((a)|(b))*", "${y}/$m$$$1x", "x/y/z", "/$x/$//$y/$//$z/$" },
    { "((a)|(b))*", "<$0>", "a\012b", "<a>\012<b>" },
    { "((a)|(b))*", "$1-${2}x$", "a.bb", "a-ax$.b-x$" },
    { "((a)|(b))*", "${y}/$m$$$1x", "h\303\251\303\251llo \377\376z",
      "/$h/$\303\251/$\303\251/$l/$l/$o/$ /$\377/$\376/$z/$" },
    { "((a)|(b))*", "<$0>", "ab", "<ab>" },
    { "\\Qa.b\\E+", "$1-${2}x$", "", "" },
    { "\\Qa.b\\E+", "<$0>", "abcd", "abcd" },
    { "\\Qa.b\\E+", "${y}/$m$$$1x", "aaa", "aaa" },
    { "\\Qa.b\\E+", "$1-${2}x$", "foo bar foobar", "foo bar foobar" },
    { "\\Qa.b\\E+", "<$0>", "x/y/z", "x/y/z" },
    { "\\Qa.b\\E+", "${y}/$m$$$1x", "a.bb", "/$" },
    { "\\Qa.b\\E+", "$1-${2}x$", "ab", "ab" },
    { "[[:^digit:]]", "<$0>", "/api/x/y", "</><a><p><i></><x></><y>" },
    { "[[:^digit:]]", "$1-${2}x$", "abcd", "-x$-x$-x$-x$" },
    { "[[:^digit:]]", "${y}/$m$$$1x", "aabbb", "/$/$/$/$/$" },
    { "[[:^digit:]]", "<$0>", "aaa", "<a><a><a>" },
    { "[[:^digit:]]", "$1-${2}x$", "2026-11-28", "2026-x$11-x$28" },
    { "[[:^digit:]]", "${y}/$m$$$1x", "foo bar foobar", "/$/$/$/$/$/$/$/$/$/$/$/$/$/$" },
    { "[[:^digit:]]", "<$0>", "STRASSE \342\204\252 k", "<S><T><R><A><S><S><E>< ><\342\204\252>< ><k>" },
    { "[[:^digit:]]", "$1-${2}x$", "x/y/z", "-x$-x$-x$-x$-x$" },
    { "[[:^digit:]]", "${y}/$m$$$1x", "a\012b", "/$/$/$" },
    { "[[:^digit:]]", "<$0>", "a.bb", "<a><.><b><b>" },
    { "[[:^digit:]]", "$1-${2}x$", "h\303\251\303\251llo \377\376z", "-x$-x$-x$-x$-x$-x$-x$-x$-x$-x$" },
    { "[[:^digit:]]", "${y}/$m$$$1x", "ab", "/$/$" },
    { "(?:)", "<$0>", "", "<>" },
    { "(?:)", "$1-${2}x$", "/api/x/y", "-x$/-x$a-x$p-x$i-x$/-x$x-x$/-x$y-x$" },
    { "(?:)", "${y}/$m$$$1x", "abcd", "/$a/$b/$c/$d/$" },
    { "(?:)", "<$0>", "aabbb", "<>a<>a<>b<>b<>b<>" },
    { "(?:)", "$1-${2}x$", "aaa", "-x$a-x$a-x$a-x$" },
    { "(?:)", "${y}/$m$$$1x", "2026-11-28", "/$2/$0/$2/$6/$-/$1/$1/$-/$2/$8/$" },
    { "(?:)", "<$0>", "foo bar foobar", "<>f<>o<>o<> <>b<>a<>r<> <>f<>o<>o<>b<>a<>r<>" },
    { "(?:)", "$1-${2}x$", "STRASSE \342\204\252 k",
      "-x$S-x$T-x$R-x$A-x$S-x$S-x$E-x$ -x$\342\204\252-x$ -x$k-x$" },
    { "(?:)", "${y}/$m$$$1x", "x/y/z", "/$x/$//$y/$//$z/$" },
    { "(?:)", "<$0>", "a\012b", "<>a<>\012<>b<>" },
    { "(?:)", "$1-${2}x$", "a.bb", "-x$a-x$.-x$b-x$b-x$" },
    { "(?:)", "${y}/$m$$$1x", "h\303\251\303\251llo \377\376z",
      "/$h/$\303\251/$\303\251/$l/$l/$o/$ /$\377/$\376/$z/$" },
    { "(?:)", "<$0>", "ab", "<>a<>b<>" },
    { "(a?)(ab)?b", "${y}/$m$$$1x", "/api/x/y", "/api/x/y" },
    { "(a?)(ab)?b", "<$0>", "abcd", "<ab>cd" },
    { "(a?)(ab)?b", "$1-${2}x$", "aabbb", "a-abx$-x$" },
    { "(a?)(ab)?b", "<$0>", "2026-11-28", "2026-11-28" },
    { "(a?)(ab)?b", "$1-${2}x$", "foo bar foobar", "foo -x$ar foo-x$ar" },
    { "(a?)(ab)?b", "${y}/$m$$$1x", "STRASSE \342\204\252 k", "STRASSE \342\204\252 k" },
    { "(a?)(ab)?b", "$1-${2}x$", "a\012b", "a\012-x$" },
    { "(a?)(ab)?b", "${y}/$m$$$1x", "a.bb", "a./$/$" },
    { "(a?)(ab)?b", "<$0>", "h\303\251\303\251llo \377\376z", "h\303\251\303\251llo \377\376z" },
    { "(a?)(ab)?b", "$1-${2}x$", "ab", "a-x$" },
};

START_TEST(texts_are_replaced_as_in_go)
{
    struct arena *arena = arena_create();
    struct regex_fault fault;
    const struct regex_program *program = regex_program_compile(arena, str_c(cases[_i].pattern), &fault);
    ck_assert_msg(program != NULL, "%s: %s", cases[_i].pattern, fault.message);
    struct regex_template with = regex_template_read(arena, program, str_c(cases[_i].with));
    struct buf out = { 0 };
    bool any = regex_program_replace(program, &with, str_c(cases[_i].text), &out);
    ck_assert_msg(str_eq(buf_str(&out), str_c(cases[_i].want)), "%s with %s on %s is %s, wanted %s",
                  cases[_i].pattern, cases[_i].with, cases[_i].text, out.p, cases[_i].want);
    ck_assert(any || str_eq(buf_str(&out), str_c(cases[_i].text)));
    buf_fini(&out);
    arena_destroy(arena);
}
END_TEST

START_TEST(what_go_refuses_is_refused)
{
    static const char *const bad[] = { "(", "a**", "[b-a]", "(?<!x)", "\\8", "x{1001}", "(?P<a>x)(?P<>y)" };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct regex_fault fault;
        ck_assert_msg(!regex_program_compile(arena, str_c(bad[i]), &fault), "%s", bad[i]);
        ck_assert(fault.message && !fault.too_large);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(what_is_too_large_is_refused_and_said)
{
    struct arena *arena = arena_create();
    struct regex_fault fault;
    ck_assert(!regex_program_compile(
        arena, STR("(?:[ab]{100}){10}(?:[cd]{100}){10}(?:[ef]{100}){10}(?:[gh]{100}){10}(?:[ij]{100}){10}"),
        &fault));
    ck_assert(fault.too_large);
    arena_destroy(arena);
}
END_TEST

/* Patterns that make other matchers try for ever. */
START_TEST(the_time_is_linear)
{
    static const char *const patterns[] = { "^(a+)+$", "^(a|aa)*b", "(x+x+)+y", "(.*)(.*)(.*)(.*)(.*)[^a]$" };
    struct arena *arena = arena_create();
    char text[3000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 'b';
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct regex_fault fault;
        size_t slots[16];
        const struct regex_program *program = regex_program_compile(arena, str_c(patterns[i]), &fault);
        (void)regex_program_find(program, str_of(text, sizeof text), 0, slots);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(programs_are_written_without_bytes_that_mean_something)
{
    struct arena *arena = arena_create();
    struct regex_fault fault;
    struct buf out = { 0 };
    regex_program_put(&out, regex_program_compile(arena, STR("^/\\?;%\"\\\\ (a|[b-d])+?$"), &fault));
    for (size_t i = 0; i < out.n; i++)
        ck_assert(out.p[i] > ' ' && out.p[i] < 0x7f && !strchr("?;%\"\\", out.p[i]));
    buf_fini(&out);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { texts_are_replaced_as_in_go, sizeof cases / sizeof *cases },
        { what_go_refuses_is_refused, 0 },
        { what_is_too_large_is_refused_and_said, 0 },
        { the_time_is_linear, 0 },
        { programs_are_written_without_bytes_that_mean_something, 0 },
        { 0 },
    };
    return run_suite("regex_program", rows);
}
