"""The XMPP server beside prosody and ejabberd: the same accounts, load and day for each."""
