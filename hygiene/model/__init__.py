"""The words (enums), the tables on every arrow, and the errors; imports nothing of ours."""
