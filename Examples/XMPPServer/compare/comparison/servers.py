"""How each server is configured, given its accounts, started and stopped."""

import glob
import hashlib
import hmac
import os
import shutil
import socket
import sqlite3
import subprocess
import time

from .process import ServerFailure, ServerProcess

DOMAIN = "localhost"
PASSWORD = "a password for all"
ITERATIONS = 4096
START_PATIENCE = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server in a directory of its own.

    `archive`: whether messages are archived. `speed`: how much faster than real time the load
    runs; the server's own time constants that matter for it are divided by it.
    """

    name = ""

    def __init__(self, directory, accounts, archive=False, speed=1):
        self.directory = directory
        self.accounts = accounts
        self.archive = archive
        self.speed = speed
        self.port = free_port()
        self.process = None

    @classmethod
    def version(cls):
        raise NotImplementedError

    @classmethod
    def missing(cls):
        """Why this server cannot be started here; nothing when it can."""
        raise NotImplementedError

    @classmethod
    def cannot_archive(cls):
        """Why this server's archive cannot be measured here; nothing when it can."""
        return None

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def start(self):
        os.makedirs(self.directory)
        command, environment = self.prepare()
        self.process = ServerProcess(command, environment, self.directory, self.path("output"))
        deadline = time.monotonic() + START_PATIENCE
        while not self.listens():
            try:
                self.process.check()
            except ServerFailure as failure:
                raise ServerFailure(f"{self.name}: {failure}") from None
            if time.monotonic() > deadline:
                tail = self.process.log_tail()
                raise ServerFailure(f"{self.name} does not listen after {START_PATIENCE} s: {tail}")
            time.sleep(0.05)
        self.make_accounts()
        time.sleep(0.5)
        return self

    def stop(self):
        if self.process is not None:
            self.process.stop()
            self.process = None

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def prepare(self):
        """Writes the configuration; returns the command and the environment to start it with."""
        raise NotImplementedError

    def make_accounts(self):
        """Makes the accounts, where that needs a running server."""


class Ours(Server):
    name = "ours"
    binary = None

    @classmethod
    def version(cls):
        return "this package"

    @classmethod
    def missing(cls):
        return None if cls.binary and os.access(cls.binary, os.X_OK) else "no xmpp-server is built"

    def prepare(self):
        # Only what one sender in a hurry and many sessions from one address need is raised.
        config = self.write(
            "xmpp-server.conf",
            f"domain = {DOMAIN}\n"
            f"listen = 127.0.0.1:{self.port}\n"
            f"data = {self.path('data')}\n"
            "tls = off\n"
            f"archive = {'on' if self.archive else 'off'}\n"
            "log = error\n"
            f"control = {self.path('control')}\n"
            "sessionsPerAccount = 32\n"
            "connectionsPerAddress = 20000\n"
            f"engine.activeWindow = {300 / self.speed:g}\n",
        )
        os.makedirs(self.path("data"))
        lines = "".join(f"{name} {PASSWORD}\n" for name in self.accounts)
        made = subprocess.run(
            [self.binary, "adduser", "--batch", "-", "--config", config],
            input=lines.encode(),
            capture_output=True,
        )
        if made.returncode != 0:
            raise ServerFailure(f"ours: adduser failed: {made.stderr.decode(errors='replace')}")
        return [self.binary, "run", "--config", config], dict(os.environ)


class Prosody(Server):
    name = "prosody"

    @classmethod
    def version(cls):
        return debian_version("prosody")

    @classmethod
    def missing(cls):
        return None if shutil.which("prosody") else "prosody is not installed"

    def prepare(self):
        modules = ["roster", "saslauth", "disco", "ping", "carbons", "csi", "csi_simple", "smacks"]
        if self.archive:
            modules.append("mam")
        listed = ", ".join(f'"{module}"' for module in modules)
        config = self.write(
            "prosody.cfg.lua",
            "run_as_root = true\n"
            f'data_path = "{self.path("data")}"\n'
            f'pidfile = "{self.path("prosody.pid")}"\n'
            'log = { { levels = { min = "error" }, to = "console" } }\n'
            f"modules_enabled = {{ {listed} }}\n"
            'modules_disabled = { "s2s", "tls" }\n'
            f'interfaces = {{ "127.0.0.1" }}\nc2s_ports = {{ {self.port} }}\n'
            "c2s_direct_tls_ports = {}\nhttp_ports = {}\nhttps_ports = {}\n"
            "c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n"
            'authentication = "internal_hashed"\nstorage = "internal"\n'
            'default_archive_policy = true\narchive_expires_after = "never"\n'
            f"csi_resume_inactive_delay = {5 / self.speed:g}\n"
            f'VirtualHost "{DOMAIN}"\n',
        )
        self.write_accounts()
        return ["prosody", "-F", "--config", config], dict(os.environ)

    def write_accounts(self):
        """Writes what its internal storage would hold after registration, one file an account."""
        salt = "salt-of-all"
        salted = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt.encode(), ITERATIONS)
        client = hmac.digest(salted, b"Client Key", "sha1")
        stored = hashlib.sha1(client).hexdigest()
        server = hmac.digest(salted, b"Server Key", "sha1").hex()
        directory = os.path.join(self.path("data"), DOMAIN, "accounts")
        os.makedirs(directory)
        for name in self.accounts:
            with open(os.path.join(directory, name + ".dat"), "w") as file:
                file.write(
                    f'return {{ ["salt"] = "{salt}"; ["iteration_count"] = {ITERATIONS};'
                    f' ["stored_key"] = "{stored}"; ["server_key"] = "{server}"; }};\n'
                )


class Ejabberd(Server):
    name = "ejabberd"
    libraries = "/usr/lib/x86_64-linux-gnu"
    schema = "/usr/share/ejabberd/sql/lite.sql"

    @classmethod
    def version(cls):
        return debian_version("ejabberd")

    @classmethod
    def missing(cls):
        if shutil.which("ejabberdctl") and shutil.which("erl"):
            return None
        return "ejabberd is not installed"

    @classmethod
    def library_path(cls):
        given = os.environ.get("ERL_LIBS")
        return f"{cls.libraries}:{given}" if given else cls.libraries

    @classmethod
    def cannot_archive(cls):
        # Its built-in archive rewrites all of an account's messages for each new one: at a few
        # thousand messages that is 50 ms each and growing, a figure about the length of the run.
        places = ["/usr/lib/erlang/lib", *cls.library_path().split(":")]
        if any(glob.glob(os.path.join(place, "p1_sqlite3*")) for place in places):
            return None
        return "without the package erlang-p1-sqlite3 it has no archive for this load"

    def prepare(self):
        modules = ["client_state", "carboncopy", "stream_mgmt"]
        modules += ["disco", "roster", "offline", "ping"]
        lines = "".join(f"  mod_{module}: {{}}\n" for module in modules)
        if self.archive:
            lines += "  mod_mam:\n    default: always\n    db_type: sql\n"
            database = self.make_database()
            lines += f'sql_type: sqlite\nsql_database: "{database}"\n'
        config = self.write(
            "ejabberd.yml",
            f"loglevel: error\nhosts: [{DOMAIN}]\n"
            "listen:\n  -\n"
            f'    port: {self.port}\n    ip: "127.0.0.1"\n    module: ejabberd_c2s\n'
            "    starttls: false\n    max_stanza_size: 262144\n    shaper: none\n    access: all\n"
            "auth_method: internal\nauth_password_format: scram\n"
            f"modules:\n{lines}",
        )
        for name in ("spool", "log"):
            os.makedirs(self.path(name))
        self.write("accounts", "".join(name + "\n" for name in self.accounts))
        environment = dict(os.environ)
        environment.update(
            HOME=self.directory,
            EJABBERD_CONFIG_PATH=config,
            EJABBERD_LOG_PATH=self.path("log/ejabberd.log"),
            ERL_LIBS=self.library_path(),
            ERL_MAX_PORTS="32000",
            ERL_CRASH_DUMP=self.path("crash.dump"),
        )
        # The flags of ejabberdctl, without a node name: no other node and no epmd takes part.
        flags = ["+K", "true", "+P", "250000", "-noinput"]
        spool = ["-mnesia", "dir", f'"{self.path("spool")}"', "-s", "ejabberd"]
        return ["erl", *flags, *spool, "-eval", self.registration()], environment

    def make_database(self):
        """A database with the tables that ejabberd comes with."""
        path = self.path("archive.db")
        database = sqlite3.connect(path)
        with open(self.schema) as file:
            database.executescript(file.read())
        database.close()
        return path

    def registration(self):
        """What the node does once it runs: the key is derived once and given to every account."""
        return (
            "application:ensure_all_started(ejabberd),"
            f' {{ok, Names}} = file:read_file("{self.path("accounts")}"),'
            f' Key = ejabberd_auth:password_to_scram(<<"{DOMAIN}">>, <<"{PASSWORD}">>),'
            f' [ejabberd_auth_mnesia:set_password(Name, <<"{DOMAIN}">>, Key)'
            ' || Name <- binary:split(Names, <<"\\n">>, [global, trim_all])],'
            f' ok = file:write_file("{self.path("registered")}", <<>>).'
        )

    def make_accounts(self):
        deadline = time.monotonic() + START_PATIENCE
        while not os.path.exists(self.path("registered")):
            self.process.check()
            if time.monotonic() > deadline:
                raise ServerFailure(f"ejabberd made no accounts: {self.process.log_tail()}")
            time.sleep(0.05)


def debian_version(package):
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True
    )
    return answer.stdout.split("-")[0] or "unknown"


SERVERS = {server.name: server for server in (Ours, Prosody, Ejabberd)}
