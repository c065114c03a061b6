"""People who look bad at first sight and are mailed all the same; some are flagged for a person to look at."""

from story.calendar import MAILINGS
from story.case import Case, answered, by_page, each, keep, someone
from story.people import Happening, Person

BAD_DAY = {"2026-06-24": "apple_block"}
READS = each("monthly", "open")
CLICKS = each("weekly", "open", "click")
CLICKS_MONTHLY = each("monthly", "open", "click")
CLICKS_LETTER = each("letter", "open", "click")


def bad_day() -> list[Case]:
    apple = "Apple blocked us on the bad day (CS02): "
    until_may = each("monthly", "open", until="2026-06-01")
    return [
        keep(apple + "a monthly reader.", someone("celia.tamvik20417@icloud.com", "monthly", acts=until_may, outcomes=BAD_DAY)),
        keep(apple + "a weekly clicker.", someone("jonas.ostrdell53318@me.com", "weekly", acts=each("weekly", "open", "click", until="2026-06-20"), outcomes=BAD_DAY)),
        keep(apple + "has had mac.com for ages and last read in March.", someone("ruth.nesklund11873@mac.com", "monthly", acts=each("monthly", "open", until="2026-03-31"), outcomes=BAD_DAY)),
        keep(apple + "a new subscriber who has never opened anything.", someone("yara.ilmdal64002@icloud.com", "monthly", since="2026-05-01", subscribed_on="2026-05-01", outcomes=BAD_DAY)),
        keep(apple + "the block was the very first answer to this address.", someone("omar.quellik77120@icloud.com", "monthly", since="2026-06-20", subscribed_on="2026-06-19", outcomes=BAD_DAY)),
        keep(apple + "software opens every mail, and the person clicks now and then.", someone("mila.elskum30551@icloud.com", "monthly", acts=each("monthly", "machine", until="2026-05-01") | {"2026-05-27": ("machine", "click")}, outcomes=BAD_DAY)),
        keep(apple + "a customer too, whom SendGrid reached this month.", someone("nico.fandberg90213@icloud.com", "monthly letter", lists=("newsletter", "customers"), acts=until_may | CLICKS_LETTER, outcomes=BAD_DAY)),
        Case(someone("paula.hasktal41190@icloud.com", "monthly", outcomes={"2026-05-27": "apple_unknown"} | BAD_DAY),
             "Apple had said in May that there is no such user; the block of June has nothing to do with it.", "suppress", "BNC201"),
    ]  # fmt: skip


def sender_faults() -> list[Case]:
    """Permanent answers that speak of us, not of the recipient."""
    day = "2026-06-17"
    return [
        keep("Gmail took us for spam (5.7.1): our fault.", someone("erik.lundgard51224@gmail.com", "weekly", acts=each("weekly", "open", until="2026-06-12"), outcomes={day: "gmail_block", "2026-06-24": "gmail_block"})),
        keep("Gmail found the mail unauthenticated (5.7.26): our fault.", someone("nora.jorvstad18840@gmail.com", "weekly", acts=each("weekly", "open", until="2026-06-12"), outcomes={day: "gmail_auth"})),
        keep("Microsoft has our network on its block list (S3140).", someone("theo.dornsen27713@hotmail.com", "weekly", acts=each("weekly", "open", until="2026-06-12"), outcomes={"2026-06-24": "microsoft_block"})),
        keep("Yahoo: `permanently deferred` (TSS09), which is neither.", someone("tara.grevhus66120@yahoo.com", "monthly", acts=each("monthly", "open", until="2026-05-31"), outcomes={"2026-06-24": "yahoo_block"})),
        keep("GMX says `mailbox unavailable`, and then `due to policy restrictions`: a block.", someone("malte.prav91002@gmx.de", "monthly", acts=each("monthly", "open", until="2026-05-31"), outcomes={"2026-06-24": "gmx_block"})),
        keep("A company's server asks Spamhaus, which lists us.", someone("sven.ulbren@marklund-seeds.example", "monthly", acts=each("monthly", "open", until="2026-05-31"), outcomes={"2026-06-24": "spamhaus"})),
        keep("The mail was too large for the mailbox.", someone("wanda.kelltad21330@web.de", "monthly", acts=each("monthly", "open", until="2026-05-31"), outcomes={"2026-06-24": "too_large"})),
    ]  # fmt: skip


def not_yet() -> list[Case]:
    """Temporary answers, and soft ones that do not add up."""
    return [
        keep("Gmail: out of storage (4.2.2) for two months; deferrals suppress nobody.", someone("hugo.senkmark70095@gmail.com", "weekly", acts=each("weekly", "click", until="2026-05-06"), outcomes=answered("weekly", "gmail_over_quota", "2026-05-13"))),
        keep("Greylisted on every mailing, and delivered half an hour later.", someone("frida.braldell@tamvstad-florist.example", "monthly", acts=READS, outcomes=answered("monthly", "greylisted then delivered", "2025-09-01"))),
        keep("`450 4.1.1 User unknown` is a temporary answer of a server in trouble.", someone("lars.wendvik@neskfeld-tools.example", "weekly", acts=each("weekly", "open", until="2026-06-12"), outcomes=answered("weekly", "unknown_for_now", "2026-06-17"))),
        keep("Yahoo slowed us down for weeks (TSS04).", someone("amir.zellov31416@yahoo.com", "weekly", acts=each("weekly", "click", until="2026-05-20"), outcomes=answered("weekly", "yahoo_later", "2026-05-27"))),
        keep("Answers every mail with an out-of-office note, which SES files as a bounce.", someone("ilse.askberg@ostrgard-timber.example", "monthly", acts=each("monthly", "open", "out_of_office"))),
        keep("Four times full, delivered, once full again: the streak began anew.", someone("marco.valltal48805@web.de", "weekly", acts=each("weekly", "open", until="2026-04-30"), outcomes=answered("weekly", "mailbox_full", "2026-05-06", "2026-05-27") | {"2026-06-24": "mailbox_full"})),
        keep("Five times inactive over a month, and then a delivery.", someone("edda.vaskup77430@web.de", "weekly", acts=each("weekly", "open", until="2026-05-15"), outcomes=answered("weekly", "inactive", "2026-05-20", "2026-06-17"))),
        keep("Full twice in a week: too short a streak.", someone("toni.rundik15529@t-online.de", "weekly", acts=each("weekly", "click", until="2026-06-12"), outcomes=answered("weekly", "mailbox_full", "2026-06-17"))),
        keep("Bounced hard in February, was delivered to and clicked again afterwards.", someone("selma.grevnik60017@orange.fr", "weekly", acts=each("weekly", "click", until="2025-10-31") | each("weekly", "click", since="2026-04-01"), outcomes={"2026-02-11": "orange_unknown"})),
        keep("The last mail ran into a timeout.", someone("otto.fandrup@elskvik-pottery.example", "monthly", acts=each("monthly", "open", until="2026-05-31"), outcomes={"2026-06-24": "timeout"})),
        keep("SendGrid dropped two letters by its own list; nobody ever saw a bounce.", someone("rita.quellum83121@aol.com", "letter", acts=each("letter", "click", until="2026-04-30"), outcomes=answered("letter", "echo", "2026-05-01"))),
        keep("SES would not send because other senders saw a bounce (Suppressed): an echo.", someone("kai.bralster44508@live.com", "monthly", acts=each("monthly", "click", until="2026-05-31"), outcomes={"2026-06-24": "global_echo"})),
    ]  # fmt: skip


def engagement() -> list[Case]:
    letters = {m.day: "nothing" for m in MAILINGS["letter"] if m.day[5:7] not in ("09", "12", "03", "06")}
    return [
        keep("Reads monthly mail and has been idle for four months: inside the window.", someone("vera.marvdal36610@gmx.de", "monthly", acts=each("monthly", "open", until="2026-02-26"))),
        keep("Reads the weekly edition and has been idle for seven weeks: inside the window.", someone("leo.hasknik52092@gmail.com", "weekly", acts=each("weekly", "open", until="2026-05-13"))),
        keep("Subscribed in March and has never opened a mail: too new to tell.", someone("lina.ilmhus20771@gmail.com", "weekly", since="2026-03-03", subscribed_on="2026-03-02")),
        keep("Has never opened, and was mailed four times in a year: too few to tell.", someone("viola.dornell39987@gmx.net", "letter", outcomes=letters)),
        keep("Silent for 8 months, and then a click last week.", someone("simon.wendlund64410@gmail.com", "weekly", acts={"2025-10-01": ("open",), "2026-06-24": ("click",)})),
        keep("Opens through Hide My Email and clicks: a relay is a real person.", someone("q8x3k2m7vd@privaterelay.appleid.com", "monthly", acts=CLICKS_MONTHLY)),
        keep("Uses a DuckDuckGo relay address, and clicks; a paid verifier says that there is no such mailbox.", someone("tilda-relay@duck.com", "monthly", acts=CLICKS_MONTHLY)),
        Case(someone("ada.ostrsen99104@icloud.com", "letter", acts=each("letter", "machine")),
             "Apple's software opens every letter; no person ever has.", "review", "ENG711"),
        Case(someone("florian.jorvgard12806@gmx.de", "weekly", acts=each("weekly", "click", until="2025-11-30") | each("weekly", "machine", since="2025-12-01")),
             "Clicked until November; since then only Mail Privacy Protection opens.", "review", "ENG711"),
    ]  # fmt: skip


def consent() -> list[Case]:
    """Complaints and unsubscriptions that do not count, or no more."""
    back = "greta.lundster28118@outlook.com"
    spouse, other = "noah.askell51102@comcast.net", "hanna.askell51103@comcast.net"
    june = next(m for m in MAILINGS["monthly"] if m.day == "2026-05-27")
    page = by_page("", "2026-05-28", "complaint")
    among = Happening(page.at, "complaint", spouse, june, also=(other,))
    lists_two = "The provider named both recipients of one message in a complaint: nobody knows which of them it was."
    return [
        keep("Pressed `not spam`, which comes as a complaint record and is the opposite.", someone("esra.senkvik74419@yahoo.com", "monthly", acts=READS | {"2026-04-22": ("open", "not_spam")})),
        keep("Unsubscribed in January and came back in March.", someone(back, "monthly", acts=READS, extra=[by_page(back, "2026-01-14", "unsubscribe"), by_page(back, "2026-03-02", "resubscribe")])),
        keep("Left a SendGrid group and joined it again days later.", someone("diego.prav83307@gmail.com", "letter", acts=CLICKS_LETTER | {"2026-02-10": ("open", "group_unsubscribe", "group_resubscribe")})),
        keep(lists_two, someone(spouse, "monthly", acts=READS, extra=[among])),
        keep(lists_two, someone(other, "monthly", acts=READS)),
        keep("A plus address of the same name complained; at a company's domain these may be two people.", someone("jan.rundberg@prav-nursery.example", "monthly", acts=READS)),
        keep("A tagged alias at Outlook bounced hard; outside Gmail that says nothing of the mailbox.", someone("eva.kellgard32250@outlook.com", "monthly", acts=READS)),
        keep("Begins like a role address, and is a person.", someone("info.starkvall20260@gmx.de", "monthly", acts=READS)),
    ]  # fmt: skip


def aliases() -> list[Person]:
    """On no list; what happened to them is evidence for somebody who is."""
    return [
        someone("jan.rundberg+garden@prav-nursery.example", "monthly", lists=(), acts={"2026-03-25": ("complaint",)}, until="2026-03-31"),
        someone("eva.kellgard32250+shop@outlook.com", "monthly", lists=(), outcomes={"2026-03-25": "microsoft_unknown"}, until="2026-03-31"),
        someone("ada.elskdal31415+news@outlook.com", "monthly", lists=(), acts={"2026-02-25": ("open", "complaint")}, until="2026-03-01"),
        someone("karla.grev.mark60606@gmail.com", "monthly", lists=(), acts={"2026-01-28": ("unsubscribe",)}, until="2026-02-01"),
        someone("b.run.o.ilmrup41417@gmail.com", "monthly", lists=(), outcomes={"2026-04-22": "gmail_unknown"}, until="2026-05-01"),
    ]  # fmt: skip


def repairs() -> list[Case]:
    def meant(why: str, cell: str, address: str) -> Case:
        person = someone(cell, "monthly", mailed_as=address, acts=READS)
        return keep(why, person, address)

    return [
        meant("Pasted with the display name.", '"Sara Vask, Dresden" <sara.vaskdal17171@gmx.de>', "sara.vaskdal17171@gmx.de"),
        meant("Copied from a link.", "mailto:emil.yarrnik80808@web.de", "emil.yarrnik80808@web.de"),
        meant("Ends with the full stop of the sentence it stood in.", "maja.tamvell55012@gmail.com.", "maja.tamvell55012@gmail.com"),
        meant("Has spaces around it.", "  finn.marvov40040@gmx.de ", "finn.marvov40040@gmx.de"),
        meant("Hides a zero-width space.", "klara\u200b.quellsen62626@web.de", "klara.quellsen62626@web.de"),
        meant("Typed in full-width letters.", "ｏｓｋａｒ.dornvik70707＠ｇｍａｉｌ.com", "oskar.dornvik70707@gmail.com"),
        meant("Taken from a URL, percent-encoded.", "stella.wendrup%40gmx.net", "stella.wendrup@gmx.net"),
        meant("In single quotes, as a mail client copies it.", "'robin.hasklund23232@yahoo.com'", "robin.hasklund23232@yahoo.com"),
    ]  # fmt: skip


def domains() -> list[Case]:
    def at(domain: str, why: str, rule: str = "", streams: str = "monthly") -> Case:
        person = someone(f"{domain[:4]}reader@{domain}", streams, acts=READS if streams else {})
        return Case(person, why, "review" if rule else "keep", rule)

    return [
        at("gartenfreunde-köln.example", "An internationalized domain, looked up as xn--gartenfreunde-kln-vwb.example."),
        at("lame-servers.example", "The domain's servers fail today; they answered two days ago."),
        at("half-null.example", "A `.` stands beside a good MX: malformed, and the good one takes the mail."),
        at("half-private.example", "One of two mail exchangers has a private address; the other takes the mail."),
        at("only-address.example", "No MX; the address record of the domain stands in for it.", "DOM321"),
        at("mx-literal.example", "The MX names an IP address.", "DOM322"),
        at("for-sale.example", "The mail exchanger belongs to a parking service.", "DOM323", streams=""),
        Case(someone('"leave at gate"@brallund-seeds.example'), "The local part needs its quotes.", "review", "SYN411"),
        Case(someone("tamara.vaskrup24680@gmx.de", position=0.999), "Never mailed; a paid verifier says that there is no such mailbox.", "review", "RSK811"),
        Case(someone("sunflower@mailinator.com"), "A throw-away address.", "review", "RSK801"),
        Case(someone("info@fandgard-tools.example", "monthly", acts=READS, is_confirmed=False), "A department's mailbox.", "review", "ROL511"),
        Case(someone("sales@ulbrik-orchard.example", "letter", acts=each("letter", "open"), is_confirmed=False), "A department's mailbox, on the customers' list.", "review", "ROL511"),
        Case(someone("hugo.ilmstrand73737@gmx.de", "monthly", acts=each("monthly", "open", until="2026-02-28"), outcomes={"2026-03-25": "gmx_unknown"} | answered("monthly", "nothing", "2026-03-26")), "A reader who bounced hard once, in March; held for a quarter of a year, and now tried once more.", "review", "BNC221"),
        Case(someone("webmaster@senkdell-compost.example", "monthly", acts=CLICKS_MONTHLY), "A technical mailbox whose reader clicks every month.", "review", "ROL512"),
    ]  # fmt: skip


def kept() -> list[Case]:
    """All of them, in the order of the story."""
    return [*bad_day(), *sender_faults(), *not_yet(), *engagement(), *consent(), *repairs(), *domains()]
