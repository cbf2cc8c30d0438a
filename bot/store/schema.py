"""The tables of the front desk. What changes here needs a migration in bot/store/migrations/versions."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

metadata = MetaData()

# SQLite counts rows only in INTEGER PRIMARY KEY columns; PostgreSQL gets a bigint identity.
_Counter = BigInteger().with_variant(Integer(), "sqlite")

OPEN = "open"
DONE = "done"
DEAD = "dead"

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),  # opaque, random
    Column("channel", String(16), nullable=False),
    Column("external_key", String(255), nullable=False),  # the channel's name of the conversation
    Column("citizen", String(255), nullable=False),  # the channel's name of who writes: greeted once over all of theirs
    Column("owner", String(16), nullable=False, server_default="bot"),  # bot, queued, attendant
    Column("state", Text),  # Rasa's, opaque JSON
    Column("greeted_at", Double),
    Column("choices", Text),  # JSON of the last buttons shown: what typed text can choose
    Column("session", Text),  # the citizen session's opaque id, sealed
    Column("access_ended_at", Double),  # it ran out, and nobody was told yet
    Column("unreachable_at", Double),  # they blocked us; until they write again nothing is sent
    Column("last_inbound_at", Double),  # of channels that push: WhatsApp answers within 24 hours only
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("channel", "external_key", name="uq_conversations_external"),
    Index("ix_conversations_citizen", "channel", "citizen"),
    Index("ix_conversations_updated", "updated_at"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", _Counter, primary_key=True, autoincrement=True),
    Column("conversation", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("external_id", String(255), nullable=False),  # a second delivery is recognised by it
    Column("reference", String(128), nullable=False),  # what replies name as in_reply_to
    Column("text", Text),  # redacted before it came here
    Column("button", String(64)),
    Column("kind", String(16)),  # voice, image, ...: what came instead of text, or with a caption
    Column("masked", String(64), nullable=False, server_default=""),  # kinds that were redacted, comma separated
    Column("seen_as", Text),  # how its sender knows this chat, sealed; until it is answered
    Column("status", String(8), nullable=False, server_default=OPEN),
    Column("token", String(64)),
    Column("claimed_until", Double),
    Column("due_at", Double, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),  # failures that count
    Column("waits", Integer, nullable=False, server_default="0"),  # failures that do not
    Column("notified", Boolean, nullable=False, server_default=text("false")),  # told that it takes longer
    Column("received_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("understood", Text),  # JSON (bot.messages.Understood), until a person has looked at it
    UniqueConstraint("channel", "external_id", name="uq_inbox_external"),
    Index(
        "ix_inbox_open",
        "conversation",
        "id",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    sqlite_autoincrement=True,
)

# Written out, not bound: an index WHERE status = 'open' serves only a statement that says so in its text.
is_open = inbox.c.status == literal_column("'open'")

# What a channel shows or sends, in order, the citizen's own words included: the transcript.
outbox = Table(
    "outbox",
    metadata,
    Column("id", _Counter, primary_key=True, autoincrement=True),
    Column("conversation", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("author", String(16), nullable=False),  # citizen, assistant (later: attendant)
    Column("in_reply_to", String(128)),
    Column("final", Boolean, nullable=False),
    Column("body", Text, nullable=False),  # JSON, see bot.messages
    Column("secret", Text),  # a personal answer, sealed; erased with the citizen's session
    Column("session", String(64)),  # digest of the citizen session that `secret` belongs to
    Column("status", String(16), nullable=False),  # see bot.store.outbox
    Column("at", Double, nullable=False),
    Column("token", String(64)),  # who delivers it now, until claimed_until
    Column("claimed_until", Double),
    Column("due_at", Double),  # set while the delivery has something to do with the row
    Column("attempts", Integer, nullable=False, server_default="0"),  # failed tries
    Column("part", Integer, nullable=False, server_default="0"),  # parts that have arrived: the next one to be sent
    Column("repeats", Integer, nullable=False, server_default="0"),  # of this part, because no answer came in time
    Column(
        "deaths", Integer, nullable=False, server_default="0"
    ),  # repeats of it because a process died in its request
    Column("external_id", String(255)),  # the platform's name of what was sent
    Column("error", String(64)),
    Index("ix_outbox_conversation", "conversation", "id"),
    Index(
        "ix_outbox_waiting",
        "conversation",
        "id",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "ix_outbox_external",
        "channel",
        "external_id",
        sqlite_where=text("external_id IS NOT NULL"),
        postgresql_where=text("external_id IS NOT NULL"),
    ),
    Index(
        "ix_outbox_session",
        "session",
        sqlite_where=text("session IS NOT NULL"),
        postgresql_where=text("session IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

buttons = Table(
    "buttons",
    metadata,
    Column("id", String(32), primary_key=True),  # opaque, random
    Column("conversation", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("ix_buttons_created", "created_at"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("kind", String(8), primary_key=True),  # see bot.store.outbox
    Column(
        "item_id", BigInteger, primary_key=True, autoincrement=False
    ),  # the row there; of what is unreadable: a number
    Column("conversation", String(64), nullable=False),  # of what is unreadable: the channel
    Column("reason", String(64), nullable=False),  # the error's name
    Column("tries", Integer, nullable=False),
    Column("at", Double, nullable=False),
)

# What a person decided of a line that was not understood, so that it is not shown twice. No text.
reviewed = Table(
    "reviewed",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the line
    Column("decision", String(16), nullable=False),
    Column("at", Double, nullable=False),
)

citizen_sessions = Table(
    "citizen_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("conversation", String(64), nullable=False),
    Column("data", Text, nullable=False),  # sealed JSON: document, name
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),  # moved on by idle_seconds with each answer
    Column("idle_seconds", Double, nullable=False, server_default="0"),
    Column("generation", BigInteger),  # website: the inbox row that linked; cookies of before do not serve meanwhile
    Index("ix_citizen_sessions_conversation", "conversation"),
    Index("ix_citizen_sessions_expires", "expires_at"),
)

# Who is who on WhatsApp; see bot/store/whatsapp.py.
whatsapp_people = Table(
    "whatsapp_people",
    metadata,
    Column("key", String(255), primary_key=True),  # conversations.external_key
    Column("bsuid", String(255), unique=True),
    Column("wa_id", String(255), unique=True),
    Column("merged_into", String(255)),  # key of the row that this person turned out to be
    Column("updated_at", Double, nullable=False),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the token in the link
    Column("conversation", String(64), nullable=False),
    Column("citizen", String(255)),  # the channel's name of who writes: limits hold over all of theirs
    Column("channel", String(16), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("question", Text),  # what was asked before signing in, redacted and sealed
    Column("status", String(16), nullable=False),  # see bot.store.logins
    Column("reason", String(24)),  # why nothing came of it
    Column("seen_as", Text),  # how the person who asked knows the chat, sealed
    Column("asker", String(64)),  # digest of the cookie that the page of the link was sent with
    Column("browser", String(64)),  # digest of the cookie that the browser got when it said yes
    Column("state", String(64)),  # digest of OpenID's state, until it was used
    Column("flow", Text),  # nonce and PKCE verifier, sealed, until they were used
    Column("identity", Text),  # who signed in, sealed, until the code is written or too late
    Column("code", String(64)),  # keyed hash
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("last_guess", BigInteger),  # the inbox row of the last wrong code: a message counts once
    Column("linked_inbox", BigInteger),  # the inbox row whose turn says that it worked
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("ix_login_attempts_conversation", "conversation", "created_at"),
    Index("ix_login_attempts_citizen", "citizen", "created_at"),
    Index("ix_login_attempts_browser", "browser"),
    Index("ix_login_attempts_state", "state", unique=True),
    Index("ix_login_attempts_expires", "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Counter, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("event", String(32), nullable=False),
    Column("conversation", String(64)),
    Column("session", String(64)),  # digest
    Column("subject", String(64)),  # keyed fingerprint of the document
    Column("detail", String(64)),  # what was read: the action's purpose, or ids of the outbox
    sqlite_autoincrement=True,
)
