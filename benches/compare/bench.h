/* What a subject of the comparison implements, so that bench.c can run it. */
#ifndef BENCH_H
#define BENCH_H

/* The token that every call sends. The server gives the same answer to all. */
#define TOKEN "SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4="
#define PROJECT_ID "project-test-00000000-0000-4000-8000-000000000000"
#define SECRET "secret-test-sandbox"

/* Ten fields from all over the answer: the depth and the kind that a program asks for. A subject reads the
 * first so many of them. */
enum { MOST_READS = 10 };
#define POINTERS                                                                                  \
    "/member/name", "/member/email_address", "/member_session/expires_at", "/member/status",      \
        "/member/roles/2/role_id", "/organization/organization_name",                             \
        "/organization/organization_slug",                                                        \
        "/organization/custom_roles/0/permissions/0/resource_id",                                 \
        "/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address", \
        "/member_session/roles/0"

/* What the whole process shares. */
void subject_start(const char *base_url, const char *ca_file);
void subject_end(void);

/* What one thread calls with. */
void *subject_open(void);
void subject_close(void *handle);

/* One call. Reads the request id, member id, organization id, session token and session JWT, and then the
 * first `reads` of POINTERS. A failure ends the program: there is nothing to compare then. */
void subject_call(void *handle, int reads);

/* Ends the program with a message. */
_Noreturn void fail(const char *what, const char *why);

/* Takes note of a field that was read; a missing one ends the program. */
void use(const char *text);

#endif
