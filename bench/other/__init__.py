"""The same job done in other ways, to be measured against: a script of today, one SQL script, and a bare copy."""
