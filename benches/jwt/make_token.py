"""Writes what every subject is given into a folder: one session JWT, and the key it was signed with in each one's form.

make_token.py FOLDER, run with the Python that has Stytch's SDK: PyJWT signs.
"""

import base64
import json
import sys
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PROJECT_ID = "project-test-11111111-1111-4111-8111-111111111111"
LIFETIME = 24 * 3600  # seconds: no run lasts as long


def moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def claims(now: int) -> dict:
    """An impersonated session, with identifiers as long as Stytch's are."""
    then = moment(now - 60)
    return {
        "aud": [PROJECT_ID],
        "exp": now + LIFETIME,
        "https://stytch.com/organization": {
            "organization_id": "organization-test-22222222-2222-4222-8222-222222222222",
            "slug": "example-company",
        },
        "https://stytch.com/session": {
            "attributes": {"ip_address": "203.0.113.17", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)"},
            "authentication_factors": [{
                "created_at": then,
                "delivery_method": "impersonation",
                "impersonated_factor": {
                    "impersonator_email_address": "support@example.com",
                    "impersonator_id": "impersonator-test-3",
                },
                "last_authenticated_at": then,
                "type": "impersonated",
                "updated_at": then,
            }],
            "expires_at": moment(now + LIFETIME),
            "id": "member-session-test-44444444-4444-4444-8444-444444444444",
            "last_accessed_at": then,
            "roles": ["stytch_member"],
            "started_at": then,
        },
        "iat": now - 5,
        "iss": f"stytch.com/{PROJECT_ID}",
        "nbf": now - 5,
        "sub": "member-test-55555555-5555-4555-8555-555555555555",
    }


def jwk(key: rsa.RSAPrivateKey, key_id: str) -> dict:
    modulus = key.public_key().public_numbers().n.to_bytes(256, "big")
    text = base64.urlsafe_b64encode(modulus).decode().rstrip("=")
    return {"alg": "RS256", "e": "AQAB", "key_ops": ["verify"], "kid": key_id, "kty": "RSA", "n": text, "use": "sig"}


def main() -> None:
    folder = Path(sys.argv[1])
    key, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    token = jwt.encode(claims(int(time.time())), key, algorithm="RS256", headers={"kid": "jwk-test-one"})
    # The key that signed comes second, so that it has to be looked up.
    jwks = {"keys": [jwk(other, "jwk-test-two"), jwk(key, "jwk-test-one")], "request_id": "request-id-test", "status_code": 200}
    public = key.public_key()
    (folder / "project_id").write_text(PROJECT_ID)
    (folder / "token").write_text(token)
    (folder / "jwks.json").write_text(json.dumps(jwks))
    (folder / "public.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "public.der").write_bytes(public.public_bytes(Encoding.DER, PublicFormat.PKCS1))


if __name__ == "__main__":
    main()
