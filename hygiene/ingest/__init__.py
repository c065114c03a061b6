"""What do the files hold? Lists and event files become rows; what cannot be read is kept aside with its line."""
