// The subject: Stytch's own Node SDK. Arguments: the folder that make_token.py wrote, and where the keys are served; the
// SDK fetches them once and keeps them. Turns as in turns.h.
//
// Node verifies signatures on threads of its own. IN_FLIGHT verifications wait at a time, as in a server with that many
// requests: one alone would also pay for a switch of threads each time.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import stytch from "stytch";

const IN_FLIGHT = 16;
const [folder, url] = process.argv.slice(2);
const read = (name) => readFileSync(`${folder}/${name}`, "utf8");
const session_jwt = read("token");
const client = new stytch.B2BClient({ project_id: read("project_id"), secret: "secret-test-bench", env: `${url}/` });

async function verify(count) {
    for (let i = 0; i < count; i++) {
        const session = await client.sessions.authenticateJwtLocal({ session_jwt });
        if (!session.authentication_factors[0].impersonated_factor) {
            throw new Error("no impersonation");
        }
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    const count = Number(line);
    const cpu = process.cpuUsage();
    const wall = process.hrtime.bigint();
    const shares = Array.from({ length: IN_FLIGHT }, (_, i) => Math.floor((count + i) / IN_FLIGHT));
    await Promise.all(shares.map(verify));
    const { user, system } = process.cpuUsage(cpu);
    console.log((user + system) * 1000, Number(process.hrtime.bigint() - wall));
}
