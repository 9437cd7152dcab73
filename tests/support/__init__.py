"""What tests borrow from the machine: PostgreSQL, Chromium, the real server."""
