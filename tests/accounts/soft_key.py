"""A security key in software: makes a key pair and answers as WebAuthn's clients do."""

import hashlib
import json
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG
PRESENT = FLAG.UP | FLAG.UV


class SoftKey:
    def __init__(self, *, origin):
        self.origin, self.id = origin, secrets.token_bytes(16)
        self.private = ec.generate_private_key(ec.SECP256R1())

    def created(self, options):
        """Return the answer to `navigator.credentials.create`, as JSON text."""
        asked = options["creation_options"]["publicKey"]
        public = ES256.from_cryptography_key(self.private.public_key())
        about = AuthenticatorData.create(
            hashlib.sha256(asked["rp"]["id"].encode()).digest(),
            PRESENT | FLAG.AT,
            0,
            AttestedCredentialData.create(Aaguid.NONE, self.id, public),
        )
        return self._answer(
            "webauthn.create",
            asked["challenge"],
            attestationObject=AttestationObject.create("none", about, {}),
        )

    def got(self, options, *, count=1):
        """Return the answer to `navigator.credentials.get`, as JSON text."""
        asked = options["request_options"]["publicKey"]
        rp_hash = hashlib.sha256(asked["rpId"].encode()).digest()
        about = AuthenticatorData.create(rp_hash, PRESENT, count)
        said = self._said("webauthn.get", asked["challenge"])
        signed = self.private.sign(bytes(about) + said.hash, ec.ECDSA(SHA256()))
        return self._answer(
            "webauthn.get",
            asked["challenge"],
            authenticatorData=about,
            signature=signed,
        )

    def _said(self, kind, challenge):
        return CollectedClientData.create(kind, websafe_decode(challenge), self.origin)

    def _answer(self, kind, challenge, **response):
        response["clientDataJSON"] = self._said(kind, challenge)
        mine = websafe_encode(self.id)
        return json.dumps(
            {
                "id": mine,
                "rawId": mine,
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {
                    name: websafe_encode(bytes(value))
                    for name, value in response.items()
                },
            }
        )
