/* The ten fields of TEN_POINTERS, read with cJSON. */
#ifndef TEN_FIELDS_H
#define TEN_FIELDS_H

#include "bench.h"

#include <cjson/cJSON.h>

static inline const cJSON *member_of(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static inline const char *text_of(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(member_of(object, name));
}

static inline void read_ten_fields(const cJSON *answer) {
    const cJSON *member = member_of(answer, "member");
    const cJSON *organization = member_of(answer, "organization");
    const cJSON *session = member_of(answer, "member_session");
    const cJSON *custom_role = cJSON_GetArrayItem(member_of(organization, "custom_roles"), 0);
    const cJSON *permission = cJSON_GetArrayItem(member_of(custom_role, "permissions"), 0);
    const cJSON *factor = cJSON_GetArrayItem(member_of(session, "authentication_factors"), 0);
    use(text_of(member, "name"));
    use(text_of(member, "email_address"));
    use(text_of(member, "status"));
    use(text_of(cJSON_GetArrayItem(member_of(member, "roles"), 2), "role_id"));
    use(text_of(organization, "organization_name"));
    use(text_of(organization, "organization_slug"));
    use(text_of(permission, "resource_id"));
    use(text_of(session, "expires_at"));
    use(text_of(member_of(factor, "impersonated_factor"), "impersonator_email_address"));
    use(cJSON_GetStringValue(cJSON_GetArrayItem(member_of(session, "roles"), 0)));
}

#endif
