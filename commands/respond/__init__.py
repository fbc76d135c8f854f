"""What people do about alerts."""
