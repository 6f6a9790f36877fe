"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
let countdown;
/** By how many milliseconds the sandbox's clock is ahead of the browser's. */
let ahead = 0;
const now = () => Date.now() + ahead;

/** Returns the text as one word of a POSIX shell. */
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
    // There is no clipboard without https or loopback: select the text for the keyboard.
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
    const seconds = Math.max(0, Math.round((expires - now()) / 1000));
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
  const response = await fetch("/sandbox/impersonation_tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ member_id: chosen().member.member_id }),
  });
  const made = await response.json();
  if (!response.ok) throw new Error(made.error_message);
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

const STATES = { active: "Active", expired: "Expired", revoked: "Revoked" };

/** Returns how far a time is away, as in "5 min". */
function distance(time) {
  const seconds = Math.round(Math.abs(Date.parse(time) - now()) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function when(session) {
  if (session.state === "active") return `ends in ${distance(session.expires_at)}`;
  const end = session.state === "revoked" ? session.revoked_at : session.expires_at;
  return `${distance(end)} ago`;
}

/** Writes a text only where it changes, so that a selection or a screen reader is not disturbed. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Returns the row of the session: a row that exists is kept, with the focus that may be in it. */
function row(session) {
  const name = session.member.name;
  let line = document.getElementById(session.member_session_id);
  if (!line) {
    line = at("row").content.firstElementChild.cloneNode(true);
    line.id = session.member_session_id;
    const button = line.querySelector("button");
    button.setAttribute("aria-label", `Revoke the session of ${name}`);
    button.addEventListener("click", () => revoke(session).catch((error) => {
      write(at("session-news"), `The session of ${name} was not revoked: ${error.message}`);
    }));
  }
  const impersonator = session.impersonator;
  line.className = session.state;
  write(line.querySelector("strong"), name);
  write(line.querySelector(".organization"), session.organization.organization_name);
  write(line.querySelector("code"), session.member_session_id);
  write(line.querySelector(".kind"), impersonator ? "Impersonated" : "Ordinary");
  write(line.querySelector(".by"), impersonator ? `by ${impersonator.impersonator_email_address}` : "");
  write(line.querySelector(".state"), STATES[session.state]);
  write(line.querySelector(".when"), when(session));
  line.querySelector("button").hidden = session.state !== "active";
  return line;
}

function showSessions({ sessions, total }) {
  const body = at("sessions").tBodies[0];
  const rows = sessions.map(row);
  for (const old of [...body.rows]) if (!rows.includes(old)) old.remove();
  rows.forEach((line, index) => {
    if (body.rows[index] !== line) body.insertBefore(line, body.rows[index] ?? null);
  });
  at("sessions").hidden = total === 0;
  at("no-sessions").hidden = total !== 0;
  write(at("more"), `The last ${sessions.length} of ${total} sessions.`);
  at("more").hidden = total === sessions.length;
  const moved = Math.round(ahead / 1000);
  write(at("clock"), `The clock of this sandbox is ${Math.abs(moved)} s ${moved > 0 ? "ahead" : "behind"}.`);
  at("clock").hidden = Math.abs(moved) < 5;
}

async function refresh() {
  const response = await fetch("/sandbox/sessions");
  const list = await response.json();
  if (!response.ok) throw new Error(list.error_message);
  ahead = Date.parse(list.now) - Date.now();
  showSessions(list);
  at("session-failure").hidden = true;
}

async function revoke(session) {
  const path = `/sandbox/sessions/${encodeURIComponent(session.member_session_id)}`;
  const response = await fetch(path, { method: "DELETE" });
  const revoked = await response.json();
  await refresh();
  if (!response.ok) throw new Error(revoked.error_message);
  write(at("session-news"), `The session of ${session.member.name} was revoked.`);
  at("sessions-title").focus();
}

function sessionFailure(error) {
  write(at("session-failure"), `The sessions could not be read: ${error.message}`);
  at("session-failure").hidden = false;
}

/** Keeps the list fresh while somebody looks at it. */
async function watch() {
  if (!document.hidden) await refresh().catch(sessionFailure);
  setTimeout(watch, 2000);
}

fillMembers();
showMember();
watch();
at("member").addEventListener("change", showMember);
at("impersonate").addEventListener("click", () => impersonate().catch((error) => {
  at("failure").textContent = `The token could not be made: ${error.message}`;
  at("failure").hidden = false;
}));
