"""Keeps mailing lists fit to send to.

    ingest → normalize → (lookup) → validate → classify → decide → publish
     files     one key     DNS once    syntax     what does     one       lists, audit,
     to rows   per person  per domain  and MX     it mean?      verdict   suppression files
"""
