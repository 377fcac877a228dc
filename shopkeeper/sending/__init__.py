"""Messages that leave the machine: mail by SMTP, and the webhooks of group chats. Knows no feature."""
