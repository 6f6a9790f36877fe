/* The fields of POINTERS, read with cJSON as one would without pointers: an object that is needed again is looked up once. */
#ifndef FIELDS_H
#define FIELDS_H

#include "bench.h"

#include <cjson/cJSON.h>

static inline const cJSON *member_of(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static inline const char *text_of(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(member_of(object, name));
}

/* Reads the first `reads` of them. */
static inline void read_fields(const cJSON *answer, int reads) {
    const cJSON *member = NULL, *organization = NULL, *session = NULL;
    if (reads > 0) member = member_of(answer, "member");
    if (reads > 2) session = member_of(answer, "member_session");
    if (reads > 5) organization = member_of(answer, "organization");
    for (int i = 0; i < reads; i++) {
        const cJSON *item;
        switch (i) {
        case 0: use(text_of(member, "name")); break;
        case 1: use(text_of(member, "email_address")); break;
        case 2: use(text_of(session, "expires_at")); break;
        case 3: use(text_of(member, "status")); break;
        case 4: use(text_of(cJSON_GetArrayItem(member_of(member, "roles"), 2), "role_id")); break;
        case 5: use(text_of(organization, "organization_name")); break;
        case 6: use(text_of(organization, "organization_slug")); break;
        case 7:
            item = cJSON_GetArrayItem(member_of(organization, "custom_roles"), 0);
            use(text_of(cJSON_GetArrayItem(member_of(item, "permissions"), 0), "resource_id"));
            break;
        case 8:
            item = cJSON_GetArrayItem(member_of(session, "authentication_factors"), 0);
            use(text_of(member_of(item, "impersonated_factor"), "impersonator_email_address"));
            break;
        default: use(cJSON_GetStringValue(cJSON_GetArrayItem(member_of(session, "roles"), 0)));
        }
    }
}

#endif
