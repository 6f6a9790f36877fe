/*
 * Mistakes made on purpose, to see that a memory checker notices what goes on inside the library:
 * without this, a checker that is not on would pass every program.
 */
#include <stdio.h>
#include <string.h>

#include <stytch.h>

int main(int argc, char **argv)
{
    stytch_options *options = stytch_options_new();
    stytch_error *error = NULL;
    const char *defect = argc > 1 ? argv[1] : "";
    int32_t code = 0;

    if (stytch_options_set_timeout_ms(options, 0, &error)) {
        return 1;
    }
    stytch_options_free(options);
    if (strcmp(defect, "leak") == 0) {
        error = NULL; /* lost */
    } else if (strcmp(defect, "use-after-free") == 0) {
        stytch_error_free(error);
        code = stytch_error_code(error); /* read by the library, after the free */
        error = NULL;
    }
    stytch_error_free(error);
    printf("%d\n", (int)code);
    return 0;
}
