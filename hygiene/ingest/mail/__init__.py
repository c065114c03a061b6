"""Messages: bounces and complaints out of mailboxes, folders and archives."""
