"""Invented names of people, places and companies; surnames are made of syllables, so that they belong to nobody."""

from story.draw import between, one_of, share

FIRST = (
    "Ada Alma Amir Anja Anton Aylin Bruno Carla Celia Chloé Clara Dario David Diego Dora Edda Eliška Elias Emil Emma "
    "Enzo Erik Esra Eva Fatma Felix Finn Florian Frida Greta Hana Hanna Hugo Ida Ilse Ines Ivo Jan Jana Jonas José "
    "Julia Jürgen Kai Karla Katja Kira Klara Lars Laura Lea Lena Leo Lina Liv Lorenzo Louis Luca Łukasz Maja Malte "
    "Mara Marco Maria Marie Marta Matteo Max Mia Mila Milan Mona Nadia Nele Nico Nils Nina Noah Nora Olga Olivia Omar "
    "Oskar Otto Paul Paula Pia Rafael Rita Robin Rosa Ruth Sara Selma Simon Sofía Sonja Stella Sven Tara Theo Tilda "
    "Tom Toni Ulla Vera Victor Viola Wanda Yara Yusuf Zoë"
).split()
ONSETS = (
    "bral dorn elsk fand grev hask ilm jorv kell lund marv nesk ostr prav quell rund senk tamv ulbr vask wend yarr zell"
).split()
ENDINGS = "ander berg dal ell en eric feld gard hus ik in lund mark nik ost ov rup sen stad tal um vik".split()
CITIES = (
    ("Dresden", "01067"), ("Leipzig", "04109"), ("Chemnitz", "09111"), ("Halle (Saale)", "06108"), ("Jena", "07743"),
    ("Berlin", "10115"), ("Köln", "50667"), ("München", "80331"), ("Boston, MA", "02108"), ("Providence, RI", "02903"),
    ("Portland, ME", "04101"), ("Hartford, CT", "06103"), ("Newark, NJ", "07102"), ("Paris", "75004"), ("Nice", "06000"),
    ("Bourg-en-Bresse", "01000"), ("Barcelona", "08001"), ("Vitoria-Gasteiz", "01001"), ("Roma", "00184"),
    ("Łódź", "90-001"), ("Warszawa", "00-001"), ("Amsterdam", "1012 AB"), ("Zürich", "8001"), ("Wien", "1010"),
)  # fmt: skip
TRADES = "nursery tools seeds garden pottery timber orchard beekeeping florist landscape greenhouse compost".split()
HOMES = (
    {"gmail.com": 34, "googlemail.com": 1, "outlook.com": 5, "hotmail.com": 6, "live.com": 1.5, "msn.com": 1}
    | {"icloud.com": 8, "me.com": 1.6, "mac.com": 0.7, "privaterelay.appleid.com": 0.6, "yahoo.com": 6, "yahoo.de": 1}
    | {"aol.com": 1.5, "gmx.de": 6, "gmx.net": 1, "web.de": 4, "t-online.de": 2.2, "orange.fr": 1.6, "comcast.net": 1.6}
    | {"proton.me": 1, "company": 15}
)
"""Where readers have their mailbox, in per cent; `company` is a business of its own name."""
NOTES = (
    'says "please, no photos"', "met at the fair, stand B12", "prefers bulbs, not seeds", 'wants the "Winter" issue; again',
    "moved in spring\nnew address follows", "asked for the printed catalogue,\nsent 3 copies", "VIP; call, don't write",
    "Größe 42, Farbe grün", "paid by transfer (ref. 00417)", "-", "=SUM(A1:A9) was in the old sheet", "gift, from her sister",
)  # fmt: skip


def surname(*about: object) -> str:
    """Two syllables that are no family's name."""
    return (one_of(ONSETS, "onset", *about) + one_of(ENDINGS, "ending", *about)).capitalize()


def company(number: int) -> str:
    """A made-up business, as the first label of its domain."""
    return f"{surname('company', number).lower()}-{one_of(TRADES, 'trade', number)}"


COMPANIES = tuple(dict.fromkeys(company(number) for number in range(130)))
ASCII = str.maketrans("éëšíüŁł", "eesiuLl")


def local_part(first: str, last: str, number: int) -> str:
    """A local part that is clearly made up: name, invented surname, five digits."""
    return f"{first.translate(ASCII)}.{last}{between(10_000, 99_999, 'digits', number)}".lower()


def note(*about: object) -> str:
    """A remark in one row of twenty; mostly nothing."""
    return one_of(NOTES, "note", *about) if share("has note", *about) < 0.05 else ""
