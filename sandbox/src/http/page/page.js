"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
let countdown;

/** A word for a POSIX shell. */
const word = (text) => /^[\w@%+=:,.\/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

function fillMembers() {
  const groups = new Map();
  data.members.forEach(({ member, organization }, index) => {
    if (!groups.has(organization.organization_id)) {
      const group = document.createElement("optgroup");
      group.label = organization.organization_name;
      groups.set(organization.organization_id, group);
      at("member").append(group);
    }
    groups.get(organization.organization_id).append(new Option(member.name, index));
  });
}

const chosen = () => data.members[at("member").value];

function showMember() {
  const { member, organization } = chosen();
  at("organization").textContent = `${organization.organization_name} (${organization.organization_slug})`;
  at("email").textContent = member.email_address;
  at("member-id").textContent = member.member_id;
}

function commands(token) {
  const environment = [
    `STYTCH_BASE_URL=${word(location.origin)}`,
    `STYTCH_PROJECT_ID=${word(data.project_id)}`,
    `STYTCH_SECRET=${word(data.secret)}`,
  ].join(" \\\n  ");
  const request = JSON.stringify({ impersonation_token: token });
  // Over TLS curl must be told whom to trust, the examples by their own settings.
  const trust = location.protocol === "https:" ? " --cacert CA_FILE" : "";
  return {
    "C example": `${environment} \\\n  ./authenticate ${word(token)}`,
    "Python example": `${environment} \\\n  python3 bindings/python/examples/authenticate.py ${word(token)}`,
    "curl": `curl${trust} -u ${word(`${data.project_id}:${data.secret}`)} \\\n`
      + `  -H 'Content-Type: application/json' \\\n  -d ${word(request)} \\\n`
      + `  ${word(location.origin + "/v1/b2b/impersonation/authenticate")}`,
  };
}

async function copy(pre, title) {
  try {
    await navigator.clipboard.writeText(pre.textContent);
    at("news").textContent = `${title} copied.`;
  } catch {
    // No clipboard without https or loopback: leave it selected for the keyboard.
    getSelection().selectAllChildren(pre);
    at("news").textContent = `${title} selected: press Ctrl+C or ⌘C.`;
  }
}

function showText(title, text) {
  const part = at("text").content.cloneNode(true);
  const [heading, button, pre] = ["h3", "button", "pre"].map((name) => part.querySelector(name));
  heading.textContent = title;
  pre.textContent = text;
  pre.setAttribute("aria-label", title);
  button.setAttribute("aria-label", `Copy: ${title}`);
  button.addEventListener("click", () => copy(pre, title));
  at("texts").append(part);
}

function count(expires) {
  clearInterval(countdown);
  const tick = () => {
    const seconds = Math.max(0, Math.round((expires - Date.now()) / 1000));
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    at("left").textContent = seconds > 0
      ? `Works once, for another ${clock} minutes.`
      : "Expired. Press the button again for a fresh token.";
    at("result").classList.toggle("expired", seconds === 0);
    if (seconds === 0) clearInterval(countdown);
  };
  countdown = setInterval(tick, 1000);
  tick();
}

async function impersonate() {
  at("failure").hidden = true;
  const answer = await fetch("/sandbox/impersonation_tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ member_id: chosen().member.member_id }),
  });
  const made = await answer.json();
  if (!answer.ok) throw new Error(made.error_message);
  at("result-title").textContent = `${made.impersonator.impersonator_email_address} as ${made.member.name}`;
  at("news").textContent = "";
  at("texts").replaceChildren();
  showText("Impersonation token", made.impersonation_token);
  showText("Redirect URL", made.redirect_url);
  for (const [title, text] of Object.entries(commands(made.impersonation_token))) showText(title, text);
  count(Date.parse(made.expires_at));
  at("result").hidden = false;
  at("result-title").focus();
}

fillMembers();
showMember();
at("member").addEventListener("change", showMember);
at("impersonate").addEventListener("click", () => impersonate().catch((error) => {
  at("failure").textContent = `No token was made: ${error.message}`;
  at("failure").hidden = false;
}));
