"""People who are not mailed: suppressed, held until more is known, or duplicates of others."""

from story.calendar import BAD_DAY
from story.case import Case, answered, by_page, each, someone
from story.crowd import colleague

READS = each("monthly", "open")


def stop(rule: str, why: str, address: str, streams: str = "", **rest: object) -> Case:
    """A suppression."""
    return Case(someone(address, streams, **rest), why, "suppress", rule)


def hold(rule: str, why: str, address: str, streams: str = "", **rest: object) -> Case:
    """Left out tonight."""
    return Case(someone(address, streams, **rest), why, "hold", rule)


def objections() -> list[Case]:
    page = "clara.neskfeld14142@gmx.de"
    april = {"until": "2026-04-30"}
    return [
        stop("MAN002", "Asked for it on the telephone; somebody entered it by hand.", "matteo.zellsen81818@web.de", "monthly", acts=READS),
        stop("CMP101", "Pressed the spam button, reported to SES.", "milan.ostrtad23571@hotmail.com", "monthly", acts={"2026-04-22": ("open", "complaint")}, **april),
        stop("CMP101", "Pressed the spam button, reported to SendGrid.", "rosa.lundvik31317@yahoo.com", "letter", acts={"2026-03-10": ("complaint",)}, until="2026-03-31"),
        stop("CMP101", "Complained at our old mail server, last autumn.", "tom.vallstad19191@comcast.net", "monthly", acts={"2025-10-22": ("complaint",)}, until="2025-11-01"),
        stop("CMP101", "Complained, and clicked in a later mail; a complaint stays.", "nils.praver45454@comcast.net", "monthly", acts=READS | {"2026-02-25": ("open", "complaint"), "2026-05-27": ("open", "click")}),
        stop("CMP101", "A tagged alias of this mailbox complained.", "ada.elskdal31415@outlook.com", "monthly", acts=READS),
        stop("CMP101", "Complained first and bounced later: the complaint is the reason.", "louis.askrup60609@yahoo.com", "monthly", acts={"2025-12-24": ("complaint",)}, outcomes={"2026-01-28": "yahoo_unknown"}, until="2026-01-31"),
        stop("CMP101", "Stands in the ESP's own list as a complaint from before our records.", "pia.brallund70017@msn.com"),
        stop("UNS111", "Unsubscribed on our page; the list was never told.", page, "monthly", acts=READS, extra=[by_page(page, "2026-05-30", "unsubscribe")]),
        stop("UNS111", "Unsubscribed through SES.", "ivo.marvster52525@gmail.com", "monthly", acts={"2026-03-25": ("open", "unsubscribe")}, until="2026-03-31"),
        stop("UNS111", "Unsubscribed through SendGrid.", "olga.kellnik87878@gmail.com", "letter", acts={"2026-01-13": ("open", "unsubscribe")}, until="2026-01-31"),
        stop("UNS111", "Left the letter's SendGrid group, and is on both lists.", "beatrix.yarrdal33440@web.de", "monthly letter", lists=("newsletter", "customers"), acts=READS | {"2026-05-12": ("open", "group_unsubscribe")}, outcomes={"2026-06-09": "unsubscribe_echo"}),
        stop("UNS111", "Unsubscribed under the same Gmail name with another dot.", "karlagrevmark60606@gmail.com", "monthly", acts=READS),
    ]  # fmt: skip


def hard_bounces() -> list[Case]:
    def gone(why: str, address: str, day: str, reply: str, **rest: object) -> Case:
        return stop("BNC201", why, address, "monthly", outcomes={day: reply} | answered("monthly", "echo", f"{day}~"), **rest)

    twice = {"2025-12-10": "orange_unknown"} | answered("weekly", "nothing", "2025-12-11", "2025-12-31")
    return [
        gone("Gmail: no such user.", "maria.elskberg58201@gmail.com", "2026-03-25", "gmail_unknown"),
        gone("Microsoft: mailbox unavailable (S2017062302).", "david.rundal46112@hotmail.com", "2026-02-25", "microsoft_unknown"),
        gone("Yahoo says it with `554 delivery error`.", "anja.quellfeld39300@yahoo.com", "2026-04-22", "yahoo_unknown"),
        gone("GMX: `mailbox unavailable`, and nothing after it.", "lorenzo.tamvhus24689@gmx.de", "2026-05-27", "gmx_unknown"),
        gone("Left the company (Exchange 5.1.10).", "sonja.ilmgard@marvtal-garden.example", "2026-01-28", "m365_unknown"),
        stop("BNC201", "Not our customer any more, said in the letter of May; dropped in June.", "elias.fandnik77001@comcast.net", "letter", outcomes={"2026-05-12": "comcast_unknown", "2026-06-09": "echo"}),
        stop("BNC201", "Bounced at the old server in December, and at SES in January: a reader, but seen twice.", "chloé.senkberg10101@orange.fr".translate({0xE9: "e"}), "weekly", acts=each("weekly", "click", until="2025-12-05"), outcomes=twice | {"2026-01-07": "orange_unknown"} | answered("weekly", "echo", "2026-01-08")),
        stop("BNC201", "The same Gmail name with other dots bounced: it is one mailbox.", "bruno.ilmrup41417@gmail.com", "monthly", acts=each("monthly", "open", until="2025-12-31"), until="2026-04-01"),
        stop("BNC201", "Stands in the ESP's own list as a bounce from before our records.", "alma.doster63636@aol.com"),
        hold("BNC211", "A reader of last week bounced hard, once; two overlapping files tell of it.", "anton.vaskmark88210@web.de", "weekly", acts=each("weekly", "click", until="2026-04-23"), outcomes={"2026-04-29": "gmx_unknown"} | answered("weekly", "echo", "2026-05-01")),
        hold("BNC211", "A customer who clicks bounced in June.", "julia.pravgard20923@hotmail.com", "letter", acts=each("letter", "click", until="2026-05-31"), outcomes={"2026-06-09": "microsoft_unknown"}),
        hold("BNC212", "One of thirty at a bank whose mail server forgot its directory on the bad day.", colleague(0), "monthly", acts=each("monthly", "open", until="2026-02-28"), outcomes={BAD_DAY: "m365_unknown"}),
    ]  # fmt: skip


def dead_domains() -> list[Case]:
    def at(rule: str, why: str, domain: str, name: str = "office-garden") -> Case:
        return (stop if rule < "DOM310" else hold)(rule, why, f"{name}@{domain}")

    return [
        at("DOM301", "The domain has a null MX: it takes no mail.", "no-mail.example", "emma.wendtal"),
        at("DOM301", "Typed gmail.co, which has a null MX.", "gmail.co", "max.grevlund50501"),
        at("DOM302", "Every mail exchanger has a private address.", "inside-only.example"),
        at("DOM302", "The mail exchanger is localhost.", "localhost-mx.example"),
        at("DOM303", "The domain does not exist, seen twice in three days.", "closed-shop.example"),
        at("DOM303", "Neither MX nor address, seen three times in nine days.", "empty-zone.example"),
        at("DOM303", "Its mail exchangers have no address, seen four times in twelve days.", "lost-targets.example"),
        at("DOM303", "No MX, and SPF `-all`, seen twice.", "spf-refuses.example"),
        at("DOM301", "A `.` with preference 10, seen twice: a null MX written wrongly.", "wrong-null.example"),
        at("DOM311", "The domain does not exist, seen for the first time tonight.", "vanished-today.example"),
        at("DOM311", "Neither MX nor address, seen twice in a day.", "empty-lately.example"),
        at("DOM311", "No MX, and SPF `-all`, seen once.", "spf-once.example"),
        at("DOM312", "The domain's servers fail, and no run ever had an answer.", "never-answered.example"),
    ]  # fmt: skip


def not_addresses() -> list[Case]:
    return [
        stop("SYN401", "A telephone number.", "0351 / 417 20 11"),
        stop("SYN401", "Two at-signs.", "mona@elskstad@gmail.com"),
        stop("SYN401", "Two dots in a row.", "selma..tamvik@web.de"),
        stop("SYN401", "A comma for a dot.", "finn.ostrund@gmail,com"),
        stop("SYN401", "A label that begins with a hyphen.", "ida@-yarrnik.example"),
        stop("SYN402", "An IP address for a domain.", "hana.doster@[192.0.2.17]"),
        stop("SYN403", "A printer in somebody's office.", "scan2mail@printer.local"),
        stop("SYN403", "A name without a dot.", "petra.vallik@intranet"),
        stop("SYN403", "A name for tests only.", "nele.brander@shop.test"),
        stop("SYN404", "Has 271 characters; SMTP allows 254.", f"{'seeds-and-bulbs-' * 3}more@{'of-everything-that-grows-in-your-own-garden-again.' * 4}example"),
        hold("SYN421", "Needs SMTPUTF8, which this ESP does not speak.", "jürgen.tamvström@ostrgard-timber.example"),
        stop("ROL501", "A mailbox for abuse reports.", "abuse@fandgard-tools.example"),
        stop("ROL501", "The postmaster, on the customers' list.", "postmaster@prav-nursery.example", lists=("customers",)),
        stop("ROL501", "Software opens the mail, and nobody clicks.", "noc@marvtal-garden.example", "monthly", acts=each("monthly", "machine")),
    ]  # fmt: skip


def worn_out() -> list[Case]:
    return [
        stop("SFT601", "Six weeks inactive, without one delivery.", "gerda.haskell90001@web.de", "weekly", acts=each("weekly", "open", until="2026-05-13"), outcomes=answered("weekly", "inactive", "2026-05-20")),
        stop("SFT601", "Full and inactive by turns for half a year.", "bodo.lundrup40404@gmx.net", "monthly", acts=each("monthly", "open", until="2025-12-31"), outcomes=answered("monthly", "mailbox_full", "2026-01-01", "2026-03-31") | answered("monthly", "inactive", "2026-04-01")),
        stop("SFT602", "Full since April.", "elsa.quellmark50055@t-online.de", "monthly", acts=each("monthly", "open", until="2026-03-31"), outcomes=answered("monthly", "mailbox_full", "2026-04-01")),
        stop("SFT602", "Gmail: over quota for good (552 5.2.2), four weeks running.", "kurt.jorvlund61616@gmail.com", "weekly", acts=each("weekly", "click", until="2026-05-28"), outcomes=answered("weekly", "gmail_full", "2026-06-01")),
        stop("ENG701", "Has had the weekly edition for a year and never opened one.", "gunda.ostrdal72727@gmail.com", "weekly"),
        stop("ENG701", "Last clicked in the weekly edition four months ago.", "klaas.praver83838@gmx.de", "weekly", acts=each("weekly", "click", until="2026-02-26")),
        stop("ENG701", "Has let the digest lie for nine months.", "meta.yarrsen94949@outlook.com", "monthly", acts=each("monthly", "open", until="2025-09-30")),
        stop("ENG701", "Customer; has never opened a letter.", "hagen.vallfeld15151@hotmail.com", "letter"),
        stop("ENG701", "Only the company's mail filter follows links, within seconds.", "ulla.senkstad@prav-nursery.example", "weekly", acts=each("weekly", "scanner", since="2026-01-01")),
        stop("ENG701", "Apple's software last opened something in October.", "dörte.kelltal26262@icloud.com".translate({0xF6: "oe"}), "weekly", acts=each("weekly", "machine", until="2025-10-31"), outcomes={"2026-06-24": "apple_block"}),
    ]  # fmt: skip


def twice() -> list[Case]:
    """Rows at the end of a list whose recipient stands further up."""
    def again(why: str, address: str, lists: tuple[str, ...] = ("newsletter",), repaired: str = "") -> Case:
        return Case(someone(address, lists=lists, position=1.0), why, "duplicate", "DUP901", repaired)

    return [
        again("Signed up again in capitals.", "Vera.Marvdal36610@GMX.de"),
        again("Signed up again with the display name.", "Lina <lina.ilmhus20771@gmail.com>", repaired="lina.ilmhus20771@gmail.com"),
        again("Two customer numbers, one address.", "Sales@ulbrik-orchard.example", ("customers",)),
    ]  # fmt: skip


def stopped() -> list[Case]:
    """All of them, in the order of the rules."""
    return [*objections(), *hard_bounces(), *dead_domains(), *not_addresses(), *worn_out(), *twice()]
