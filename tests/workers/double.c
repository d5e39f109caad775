/* A worker on a descriptor: doubles each number. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    int fd = atoi(getenv("PIPEWRIGHT_CHANNEL_FD"));
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    long number;
    while (fscanf(in, "%ld", &number) == 1) {
        fprintf(out, "%ld\n", 2 * number);
        fflush(out);
    }
    return 0;
}
