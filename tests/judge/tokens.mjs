// Stytch's Node SDK judges tokens. Standard input is what the example session_jwt_table writes, with the
// base URL; standard output is what the SDK makes of each row: its member_session, or null. Where libstytch
// refused the token, `true` stands for a session, which may be too deep to be written.

import { readFileSync } from "node:fs";
import stytch from "stytch";

const { base_url, project_id, rows } = JSON.parse(readFileSync(0, "utf8"));
const client = new stytch.B2BClient({ project_id, secret: "secret-test-judge", env: `${base_url}/` });

const verdicts = [];
for (const { token, max_age, refused } of rows) {
    const options = { session_jwt: token };
    if (max_age >= 0) {
        options.max_token_age_seconds = max_age;
    }
    try {
        const session = await client.sessions.authenticateJwtLocal(options);
        verdicts.push(refused === null ? session : true);
    } catch {
        verdicts.push(null);
    }
}
console.log(JSON.stringify(verdicts));
