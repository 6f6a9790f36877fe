/* Two libraries in one process, each with libstytch, used from two threads at once. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int first_plugin(const char *token);
int second_plugin(const char *token);

static char tokens[2][8192];
static int passed[2];

static void *first(void *unused)
{
    passed[0] = first_plugin(tokens[0]);
    return unused;
}

static void *second(void *unused)
{
    passed[1] = second_plugin(tokens[1]);
    return unused;
}

int main(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        if (fgets(tokens[i], sizeof tokens[i], stdin) == NULL) {
            return EXIT_FAILURE;
        }
        tokens[i][strcspn(tokens[i], "\n")] = '\0';
    }
    if (pthread_create(&threads[0], NULL, first, NULL) != 0 || pthread_create(&threads[1], NULL, second, NULL) != 0) {
        return EXIT_FAILURE;
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return passed[0] && passed[1] ? EXIT_SUCCESS : EXIT_FAILURE;
}
