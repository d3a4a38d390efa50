/* Feeds every file of the folders named on the command line to a fuzz target: the corpus as a plain test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    size_t size = 0, cap = 1 << 16;
    uint8_t *data = malloc(cap);
    for (size_t n; (n = fread(data + size, 1, cap - size, f)) > 0;) {
        size += n;
        if (size == cap)
            data = realloc(data, cap *= 2);
    }
    fclose(f);
    /* An exact copy, so that the sanitizer sees a read past the end. */
    uint8_t *exact = malloc(size ? size : 1);
    for (size_t i = 0; i < size; i++)
        exact[i] = data[i];
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    free(data);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **names;
        int n = scandir(argv[i], &names, NULL, alphasort);
        for (int j = 0; j < n; j++) {
            char path[4096];
            if (names[j]->d_name[0] != '.' &&
                (size_t)snprintf(path, sizeof path, "%s/%s", argv[i], names[j]->d_name) < sizeof path) {
                replay_file(path);
                count++;
            }
            free(names[j]);
        }
        if (n >= 0)
            free(names);
    }
    printf("%zu inputs\n", count);
    return count ? 0 : 1;
}
