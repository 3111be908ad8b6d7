"""SCRAM (RFC 5802, RFC 7677) by hand, with channel bindings that slixmpp does not have."""

import base64
import hashlib
import hmac
import secrets


class Scram:
    """One exchange of a client."""

    def __init__(self, mechanism, username, password, binding=None):
        """`binding` is a pair of type and bytes, or None."""
        self.hash = "sha256" if "256" in mechanism else "sha1"
        self.password = password
        self.header = f"p={binding[0]},," if binding else "n,,"
        self.binding = binding[1] if binding else b""
        self.nonce = secrets.token_hex(12)
        name = username.replace("=", "=3D").replace(",", "=2C")
        self.first_bare = f"n={name},r={self.nonce}"

    def first(self):
        return (self.header + self.first_bare).encode()

    def final(self, challenge):
        """The answer to the server's challenge."""
        text = challenge.decode()
        fields = dict(part.split("=", 1) for part in text.split(","))
        assert fields["r"].startswith(self.nonce), "the server has not kept the nonce"
        salted = hashlib.pbkdf2_hmac(
            self.hash, self.password.encode(), base64.b64decode(fields["s"]), int(fields["i"])
        )
        bound = base64.b64encode(self.header.encode() + self.binding).decode()
        without_proof = f"c={bound},r={fields['r']}"
        self.whole = f"{self.first_bare},{text},{without_proof}".encode()
        self.server_key = self._mac(salted, b"Server Key")
        client_key = self._mac(salted, b"Client Key")
        signature = self._mac(hashlib.new(self.hash, client_key).digest(), self.whole)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, data):
        """Whether the server knows the password as well."""
        expected = base64.b64encode(self._mac(self.server_key, self.whole)).decode()
        assert data.decode() == f"v={expected}", "the server's signature is wrong"

    def _mac(self, key, text):
        return hmac.new(key, text, self.hash).digest()
