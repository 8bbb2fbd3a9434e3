"""Closed lists of English that say what a noun stands for: people, groups, organizations, documents, titles.

They are general words of the language, kept in lower case and as lemmas (singular). Open classes are not listed:
names come from the analysis, and what a list does not know is decided by form (:func:`noun_kind`).
"""

from __future__ import annotations

from quotes.records import Kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _groups(text: str) -> tuple[frozenset[str], ...]:
    return tuple(_words(group) for group in text.split(";"))


HE = _words("he him his himself")
SHE = _words("she her hers herself")
THEY = _words("they them their theirs themselves themself")
IT = _words("it its itself")
FIRST = _words("i me my mine myself we us our ours ourselves")
SECOND = _words("you your yours yourself yourselves")
RELATIVE = _words("who whom whose which that")
THIRD = HE | SHE | THEY | IT
POSSESSIVE = _words("his her their its my our your whose")
REFLEXIVE = _words("himself herself themselves themself itself")
PRONOUNS = THIRD | FIRST | SECOND | RELATIVE

#: Words that stand for an unknown number of unknown people, whatever follows them.
VAGUE_PRONOUNS = _words(
    "many some others other most few several any anyone anybody someone somebody everyone everybody one another "
    "all both those these each none more people nobody"
)

#: Of these, the ones for a single person.
SOMEBODY = _words("one another someone somebody anyone anybody")

#: Plural or collective nouns that name nobody when they stand bare.
VAGUE_NOUNS = _words(
    "source observer critic expert analyst official insider watcher commentator pundit skeptic sceptic opponent "
    "supporter advocate person people man woman voice report rumour rumor medium folk individual scholar "
    "researcher scientist specialist witness resident local neighbour neighbor member reader viewer user fan "
    "follower friend ally aide adviser advisor detractor proponent defender activist campaigner economist "
    "strategist staffer colleague lawmaker politician diplomat outlet crowd public world"
)

HONORIFICS = _words("mr mrs ms miss mx dr prof sir dame lord lady madam madame messrs sheikh")
MALE_TITLES = _words(
    "mr sir lord king prince father brother son husband man boy uncle grandfather nephew spokesman chairman "
    "congressman councilman assemblyman businessman policeman fireman gentleman actor waiter widower dad grandson "
    "grandpa duke fisherman salesman statesman"
)
FEMALE_TITLES = _words(
    "mrs ms miss dame lady madam madame queen princess mother sister daughter wife woman girl aunt grandmother "
    "niece spokeswoman chairwoman congresswoman councilwoman assemblywoman businesswoman policewoman actress "
    "waitress widow mom mum granddaughter grandma duchess saleswoman"
)

#: Titles that an analysis takes for a part of the name behind them.
SHORT_TITLES = HONORIFICS | _words("cllr coun sgt capt lt col gen sen rep gov det insp supt")

#: Titles that stand before a name; longer ones ("secretary of state") are read from the words around the name.
TITLES = HONORIFICS | _words(
    "gov governor sen senator rep representative pres president chancellor premier minister secretary ambassador "
    "mayor judge justice chief general gen col colonel lt lieutenant maj major capt captain cpl corporal sgt "
    "sergeant adm admiral cmdr commander officer detective det constable inspector superintendent supt sheriff "
    "deputy trooper marshal rev reverend fr father pastor bishop archbishop cardinal pope rabbi imam ayatollah "
    "king queen prince princess duke duchess emperor professor doctor coach director chairman chairwoman chair "
    "chairperson spokesman spokeswoman spokesperson congressman congresswoman congressmember councilman "
    "councilwoman councilmember councillor councilor assemblyman assemblywoman assemblymember supervisor "
    "commissioner attorney atty prosecutor solicitor treasurer comptroller controller analyst adviser advisor "
    "aide leader founder author economist strategist lawyer activist candidate nominee rapper singer actor "
    "actress writer journalist reporter editor columnist vice lady sister brother democrat republican dictator "
    "vice-president speaker whip"
)

GENERATION = _words("jr sr ii iii iv")

PERSON_NOUNS = (TITLES | MALE_TITLES | FEMALE_TITLES) - _words("first state vice general major") | _words(
    "professional supremo scribe officeholder freelancer "
    "vicar coxswain umpire referee mate lad lass organiser organizer steward sergeant paediatrician senior junior "
    "freshman sophomore superstar star plaintiff councilperson landowner homeowner lieutenant person man woman "
    "boy girl child kid baby teenager adult citizen resident official officer spokesman spokeswoman spokesperson "
    "representative delegate envoy diplomat expert analyst scientist researcher scholar academic professor "
    "historian economist specialist consultant engineer doctor nurse physician surgeon patient lawyer attorney "
    "advocate judge prosecutor defendant witness victim suspect juror lawmaker legislator politician senator "
    "congressman congresswoman mayor governor president minister secretary ambassador chief head boss owner "
    "founder co-founder cofounder ceo cfo coo cto executive director manager chairman chairwoman chair "
    "chairperson member leader activist campaigner protester protestor demonstrator supporter opponent critic "
    "skeptic observer commentator pundit columnist journalist reporter correspondent editor writer author "
    "novelist poet biographer blogger publisher producer presenter host anchor broadcaster filmmaker actor "
    "actress singer musician artist player coach trainer athlete captain fan voter candidate nominee contender "
    "rival ally aide adviser advisor assistant staffer colleague friend neighbour neighbor teacher student pupil "
    "principal dean parent mother father mom mum dad son daughter brother sister wife husband spouse partner "
    "widow widower uncle aunt cousin grandmother grandfather grandson granddaughter grandparent relative farmer "
    "worker employee employer driver pilot soldier general commander veteran policeman policewoman cop detective "
    "sheriff inspector investigator agent spy guard fighter rebel militant terrorist insurgent gunman hostage "
    "prisoner inmate refugee migrant immigrant tourist visitor guest customer consumer shopper client user reader "
    "viewer listener trader investor banker broker shareholder businessman businesswoman entrepreneur landlord "
    "tenant developer builder fisherman shopkeeper chef priest pastor bishop cleric imam rabbi monk nun pope king "
    "queen prince princess emperor monarch dictator tyrant hero source insider strategist pollster lobbyist "
    "whistleblower whistle-blower deputy commissioner supervisor superintendent coordinator administrator clerk "
    "treasurer accountant auditor inventor explorer astronaut philosopher theologian architect designer "
    "photographer painter sculptor conservationist environmentalist biologist ecologist geologist physicist "
    "chemist astronomer meteorologist epidemiologist psychologist psychiatrist sociologist anthropologist "
    "archaeologist technician programmer hacker twitterer tweeter caller speaker moderator interviewer "
    "interviewee newcomer predecessor successor incumbent billionaire millionaire tycoon mogul patriarch survivor "
    "bystander passerby onlooker watcher watchdog american democrat republican conservative liberal progressive "
    "moderate islamist muslim christian jew catholic contractor paramedic firefighter responder medic ranger "
    "trooper constable barrister solicitor negotiator mediator premier chancellor foreman forewoman fellow "
    "counsel nonresident designee appointee mp mep congressmember councilmember councilman councilwoman "
    "councillor councilor assemblymember librarian curator vet veterinarian lecturer companion celebrity servant "
    "individual respondent protege native teammate undersecretary peer merchant laureate enthusiast claimant champion "
    "commandant boyfriend girlfriend fiance fiancé gal guy roommate descendant dignitary baron ex-husband ex-wife "
    "stepfather stepmother godfather infant protestant revolutionary nationalist socialist communist liaison sponsor "
    "petitioner participant inhabitant appellant recipient pilgrim proponent patron novice personality rider "
    "striker goalkeeper winger batsman conductor soloist keeper grandmaster teammate challenger runner-up "
    "cllr cyclist bookmaker onlooker stargazer wonk scout midwife caregiver carer docent"
)

GROUP_NOUNS = _words(
    "elite troupe nobility readership viewership humankind fandom contingent media group crowd public people "
    "population majority minority community family couple team crew staff panel jury audience electorate police "
    "military army troop mob side camp base youth elderly press medium pair trio duo generation folk workforce "
    "personnel management leadership delegation opposition class household gang squad band enemy local male female"
)

ORGANIZATION_NOUNS = _words(
    "news bloc chapter "
    "establishment faculty sect faction choir denomination religion watchdog organization organisation company "
    "corporation firm agency administration government ministry department office bureau commission committee "
    "council board congress parliament senate house court tribunal university college school institute "
    "institution center centre foundation association union federation league club party campaign coalition "
    "alliance movement network newspaper paper magazine journal outlet broadcaster station channel website site "
    "publication tabloid daily weekly publisher bank fund group authority regulator nonprofit charity ngo tank "
    "think-tank thinktank lab laboratory hospital clinic church mosque synagogue diocese army navy police "
    "military force service embassy consulate state country nation city town county province region kingdom "
    "republic regime junta cabinet presidency secretariat body startup start-up giant maker carrier airline "
    "operator retailer manufacturer chain brand business enterprise consortium venture society chamber assembly "
    "legislature judiciary pentagon kremlin taskforce caucus delegation legion corps command headquarters patrol "
    "conglomerate subsidiary supplier provider insurer lender developer utility exchange cooperative syndicate "
    "airport coastguard desk account park factory hotel restaurant store shop theatre theater museum library "
    "orchestra studio label inc corp ltd llc plc co village municipality district borough capital north south "
    "west east directorate division unit arm program wing"
)

#: Words that make a run of capitals an organization's name.
ORGANIZATION_NAME_WORDS = ORGANIZATION_NOUNS | _words(
    "section branch chapter project initiative action ferries airlines airways motors industries international "
    "media energy news times post journal herald tribune guardian gazette press associates reuters cnn bbc afp "
    "fbi cia nsa google facebook research services systems technologies studios records networks partners "
    "holdings solutions republicans democrats states nations"
)

#: Last words that no person's name has.
FIRM_ENDINGS = _words(
    "project initiative airlines airways ferries motors industries foundation institute association committee "
    "commission council university ministry agency corporation network alliance coalition partners studios "
    "systems technologies services solutions holdings management department federation society bank group"
)

#: What the second half of an organization's name with *and* in it ends in.
ORGANIZATION_ENDINGS = _words(
    "protection enforcement development safety management affairs works housing security control prevention "
    "welfare commerce education health technology science sciences arts trade industry medicine engineering "
    "studies policy budget justice labor labour rights"
)

#: Organizations that are so only by their name: with a name in the same phrase they mean that name's bearer.
OUTLET_NOUNS = _words(
    "website site newspaper paper magazine outlet group tank think-tank thinktank agency company firm channel "
    "network organization organisation broadcaster station publication tabloid nonprofit charity ngo portal blog "
    "platform startup watchdog service wire giant maker"
)

#: What speaks for whoever made it, where its maker is named beside it: *an Aldgate poll* is Aldgate's word.
PRODUCTS = _words(
    "poll survey tally count tracker database data datum figure statistic number index ranking investigation analysis "
    "review video podcast documentary website page dashboard map estimate forecast projection model channel reporting "
    "average"
)

#: What a person says under his own name: its author is the source.
AUTHORED = _words("post tweet column speech remark comment testimony word essay op-ed blog thread")

#: What names of laws and treaties end in.
LAWS = _words("act convention treaty accord pact code constitution amendment ordinance protocol charter statute")

#: Where people post; a video on one of them is not its word.
PLATFORMS = _words(
    "facebook twitter instagram youtube tiktok x linkedin telegram reddit whatsapp threads bluesky gofundme"
)

#: Bodies whose people are told by them alone: *county attorneys*, *a police spokeswoman*.
BODIES = _words(
    "county city state government company police university college hospital school district court party union "
    "ministry agency department campaign club church airport authority prison museum council port"
)

SPOKESPEOPLE = _words("spokesman spokeswoman spokesperson")
LAWYERS = _words("lawyer attorney counsel solicitor barrister")

#: Nouns for people whose bearers are often firms.
FIRMS = _words(
    "contractor consultant developer operator maker manufacturer provider supplier publisher owner builder insurer "
    "vendor employer sponsor landlord lender manager retailer broker"
)

#: Knowing or watching draws no line around a group, whatever it is that they know: *market analysts* could be anyone.
KNOWING = _words(
    "source observer critic expert analyst insider watcher commentator pundit skeptic sceptic specialist people person "
    "man woman folk scholar researcher scientist economist strategist"
)

#: Adjectives that tell no group from another.
TELLING_NOTHING = _words(
    "other many some more most certain various numerous several such same own few different additional further "
    "senior top leading independent anonymous unnamed local outside prominent former close long-time longtime"
)

DOCUMENT_NOUNS = _words(
    "report statement document study survey poll paper letter memo memorandum email e-mail filing lawsuit suit "
    "complaint indictment affidavit petition brief ruling verdict opinion order transcript record log file data "
    "datum statistic figure number analysis assessment review audit estimate forecast projection research finding "
    "result evidence image imagery photo photograph picture video footage clip recording tape audio book memoir "
    "biography article story editorial column op-ed post tweet message text thread blog note notice advisory "
    "bulletin communique communiqué declaration agreement treaty accord deal resolution bill law act statute code "
    "policy guideline rule regulation constitution charter contract plan proposal budget testimony deposition "
    "release handout dossier leak cable intelligence headline caption sign poster banner ad advertisement "
    "commercial chart graph map index census questionnaire manual guidance guide platform manifesto tally "
    "dashboard document-dump subpoena warrant motion charge papers minutes slide presentation factsheet website "
    "webpage page newsletter brochure leaflet flyer profile wiki database spreadsheet register registry waitlist "
    "interview speech address comment remark quote measure amendment provision certificate diary journal lawsuits "
    "film piece spot movie episode segment novel cartoon song form documentation timetable recipe programme model "
    "simulation theory list literature investigation update announcement disclosure prospectus decree edict bylaw "
    "chronicle commentary submission directive ordinance circular treatise pamphlet thesis dissertation trailer "
    "excerpt average"
)

#: Nouns and numbers that take a part of what follows their "of".
PARTITIVES = _words(
    "one some many most majority number several handful dozen hundred thousand all both each few half none any "
    "two three four five couple those percent % lot variety range series more host score plenty rest part "
    "draft copy version kind type set batch sample section portion chorus array raft slew string flurry swath swathe"
)

#: Nouns for people that *the* alone does not tell from others: without an antecedent they name nobody.
ANYBODY = _words(
    "official source spokesman spokeswoman spokesperson expert analyst insider man woman person individual "
    "witness observer critic aide adviser advisor"
)

#: Those of them who must have been told of, by that noun, before anybody is *the spokesman*.
INTRODUCED = _words("official source spokesman spokeswoman spokesperson insider aide adviser advisor")
#: Those who may be *the official* once they have been named.
OFFICES = _words(
    "minister secretary undersecretary governor gov mayor commissioner deputy ambassador envoy diplomat prosecutor "
    "superintendent administrator treasurer comptroller spokesman spokeswoman spokesperson president vice-president "
    "premier chancellor chief councillor councilor councilman councilwoman chairman chairwoman head"
)

#: What firms alone have.
OF_A_FIRM = _words(
    "shares shareholders ceo cfo coo earnings revenue revenues advertisers customers subsidiary subsidiaries "
    "headquarters investors stock"
)
CHIEFS = frozenset(
    ("chief", word) for word in _words("executive financial operating technology technical product marketing legal")
)

#: Nouns that colour somebody who is known: with *the* they bring nobody new.
EPITHETS = _words(
    "superstar star teenager youngster veteran newcomer rookie champion striker midfielder winger goalkeeper batsman "
    "quarterback octogenarian septuagenarian"
)

#: What names a line of an article rather than somebody.
LABELS = _words(
    "headline subtitle title date publisher author byline summary photo photos image caption video credit updated "
    "posted published share tags topic topics category related read source sources editor note location "
    "transcript"
)

#: Abbreviations whose stop never ends a sentence.
ABBREVIATED = HONORIFICS | _words(
    "coun cllr cncl amb hon gov sen rep reps sens pres gen col lt maj capt cpl sgt adm cmdr det supt rev st prof "
    "dr atty asst assoc insp a b c d e f g h i j k l m n o p q r s t u v w x y z"
)

#: Words of time, which stand beside names without being part of them.
TIMES = _words(
    "monday tuesday wednesday thursday friday saturday sunday today yesterday tomorrow tonight january february "
    "march april may june july august september october november december jan feb aug sept oct nov dec morning "
    "afternoon evening night noon week month year weekend"
)

#: Verbs of reporting, as lemmas: what stands beside them is a speaker.
REPORTING = _words(
    "say tell add state declare announce claim assert argue insist contend maintain explain note observe remark "
    "comment point warn caution predict suggest acknowledge admit concede confirm deny reply respond answer ask "
    "write tweet post report reveal disclose recall complain joke quip testify allege believe think hope urge "
    "call describe conclude stress emphasize emphasise continue reiterate repeat shout yell whisper murmur mutter "
    "cry exclaim read show indicate find estimate express criticize criticise praise vow promise pledge propose "
    "recommend demand request question wonder agree disagree boast counter retort"
)

#: A capital, or another name, that stands for a government: what the name is when the article has no other.
METONYMS = {
    "pyongyang": "north korea", "seoul": "south korea", "beijing": "china", "moscow": "russia", "tokyo": "japan",
    "london": "britain", "paris": "france", "berlin": "germany", "rome": "italy", "madrid": "spain",
    "tehran": "iran", "baghdad": "iraq", "damascus": "syria", "ankara": "turkey", "jerusalem": "israel",
    "cairo": "egypt", "riyadh": "saudi arabia", "kabul": "afghanistan", "islamabad": "pakistan",
    "new delhi": "india", "delhi": "india", "dhaka": "bangladesh", "kyiv": "ukraine", "kiev": "ukraine",
    "minsk": "belarus", "warsaw": "poland", "budapest": "hungary", "prague": "czech republic", "vienna": "austria",
    "athens": "greece", "lisbon": "portugal", "dublin": "ireland", "brussels": "european union", "oslo": "norway",
    "stockholm": "sweden", "helsinki": "finland", "copenhagen": "denmark", "ottawa": "canada",
    "canberra": "australia", "wellington": "new zealand", "washington": "united states", "mexico city": "mexico",
    "havana": "cuba", "caracas": "venezuela", "bogota": "colombia", "brasilia": "brazil",
    "buenos aires": "argentina", "santiago": "chile", "lima": "peru", "nairobi": "kenya", "abuja": "nigeria",
    "pretoria": "south africa", "addis ababa": "ethiopia", "khartoum": "sudan", "hanoi": "vietnam",
    "bangkok": "thailand", "jakarta": "indonesia", "manila": "philippines", "taipei": "taiwan",
    "ulaanbaatar": "mongolia", "kathmandu": "nepal", "colombo": "sri lanka", "doha": "qatar", "amman": "jordan",
    "beirut": "lebanon", "tripoli": "libya", "tbilisi": "georgia", "yerevan": "armenia", "baku": "azerbaijan",
    "vilnius": "lithuania", "riga": "latvia", "tallinn": "estonia", "the hague": "netherlands",
    "bern": "switzerland", "belgrade": "serbia", "zagreb": "croatia", "sofia": "bulgaria", "bucharest": "romania",
}  # fmt: skip

#: Other names of a country that articles mix freely.
COUNTRY_FORMS = {
    "the north": "north korea", "the south": "south korea", "us": "united states", "u s": "united states",
    "u.s.": "united states", "u.s": "united states", "usa": "united states", "u.s.a.": "united states",
    "america": "united states", "united states of america": "united states", "uk": "britain", "u.k.": "britain",
    "united kingdom": "britain", "great britain": "britain", "eu": "european union", "e.u.": "european union",
    "prc": "china", "dprk": "north korea", "democratic people's republic of korea": "north korea",
    "republic of korea": "south korea", "czechia": "czech republic", "islamic republic": "iran",
    "the philippines": "philippines", "the netherlands": "netherlands", "uae": "united arab emirates",
}  # fmt: skip

#: Words that make a capital a city rather than a government.
OF_A_CITY = _words("mayor mayoral city municipal borough tram metro neighbourhood neighborhood suburb alderman")

#: Given names and the short forms that stand for them, both ways.
NICKNAMES = _groups(
    "william bill billy will willie liam; robert bob bobby rob robbie bert; richard rick dick rich ricky; "
    "james jim jimmy jamie; john jack johnny jon; joseph joe joey; michael mike mick mickey; thomas tom "
    "tommy; charles charlie chuck chas; edward ed eddie ted teddy ned; theodore ted teddy theo; donald don "
    "donny donnie; daniel dan danny; david dave davey; steven stephen steve; samuel sam sammy; samantha sam; "
    "benjamin ben benny; anthony tony; andrew andy drew; alexander alex al sasha; alexandra alex sandra "
    "sasha; christopher chris kit; christine christina chris tina; patrick pat paddy; patricia pat patty "
    "tricia; matthew matt; nicholas nick nicky; nathaniel nathan nate; timothy tim; gregory greg; jeffrey "
    "geoffrey jeff geoff; kenneth ken kenny; ronald ron ronnie; lawrence larry laurence; gerald jerry gerry; "
    "leonard len lenny leo; frederick fred freddie; philip phillip phil; peter pete; raymond ray; stanley "
    "stan; walter walt; elizabeth liz beth betty eliza lizzie betsy libby; margaret maggie meg peggy marge; "
    "katherine catherine kate kathy cathy katie kathryn; deborah debra debbie deb; jennifer jen jenny; susan "
    "sue susie; barbara barb; rebecca becky; victoria vicky tori; jacqueline jackie; judith judy; pamela pam; "
    "kimberly kim; cynthia cindy; abigail abby; amanda mandy; joshua josh; zachary zach zack; jacob jake; "
    "vladimir volodymyr vova; franklin frank; francis frank fran; bernard bernie; harold harry hal; henry "
    "harry hank; arthur art; albert al bert; alan allen allan al; eugene gene; douglas doug; terence terry; "
    "theresa terry teresa; maximilian max; mohammed muhammad mohamed mohammad; yevgeny evgeny; rafael rafa "
    "raphael; mitchell mitch; randolph randall randy; russell russ; vincent vince; valerie val"
)

#: Family names that commonly stand first in East and South-East Asian names.
FAMILY_FIRST = _words(
    "kim lee park moon choi jung kang cho yoon jang lim han oh seo shin kwon hwang ahn song ryu hong xi li wang "
    "zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo deng mao nguyen tran le pham vo "
    "dang bui do ri pak choe ro"
)

_PERSON_ENDINGS = ("er", "or", "ist", "ian", "man", "woman", "person", "ee", "eer", "logist", "crat", "maker")
_NOT_PERSON = _words(
    "median meter kilometer collector browser rubber reminder outlier manner endeavor flavor flavour marker "
    "decree recorder radiometer crawler predictor prayer platter pitcher pepper parameter loudspeaker initiator "
    "header harbor harbour corridor cleaner bitter wonder trimester sweater stepper spoiler sneaker slumber "
    "skyscraper shutter shelter roster rigor remainder razor predator perimeter murder moniker manor ledger humor "
    "humour helicopter glacier ginger filigree distractor diameter detector denominator cider carburetor "
    "calculator burner boulder bestseller accelerator computer printer charter voucher buffer cluster adapter "
    "router scanner consumer-price laser ladder teller-machine hamburger center centre matter number order paper "
    "power letter water server newspaper newsletter weather river tower chapter border counter quarter disorder "
    "factor sector error tractor motor vector color colour favor favour labor labour behavior behaviour honor "
    "honour rumor rumour mirror terror horror door floor committee fee coffee degree tree knee career beer offer "
    "answer cover corner disaster finger dinner summer winter shoulder shower cancer filter hunger danger anger "
    "gender gather poster banner chamber member-state transfer trailer container carrier calendar refrigerator "
    "elevator escalator generator indicator reactor monitor sensor guarantee referee-report list twist mist "
    "tourist-board crater theater twitter butter layer timber lumber bumper thriller register semester barrier "
    "frontier tier pier prior interior exterior fever clover silver feather leather rather other either neither "
    "however never ever over under after latter"
)


def pronoun_sex(word: str) -> int:
    """1 for *she*, -1 for *he*, 0 for other words."""
    return (word in SHE) - (word in HE)


def title_sex(word: str) -> int:
    """1 for *Ms* and *spokeswoman*, -1 for *Mr* and *chairman*, 0 for other words."""
    word = word.rstrip(".")
    return (word in FEMALE_TITLES) - (word in MALE_TITLES)


def noun_kind(lemma: str) -> Kind:
    """What a common noun stands for, by its lemma: the lists first, then its ending."""
    if lemma in PERSON_NOUNS:
        return "person"
    if lemma in DOCUMENT_NOUNS and lemma not in ORGANIZATION_NOUNS:
        return "document"
    if lemma in ORGANIZATION_NOUNS:
        return "organization"
    if lemma in GROUP_NOUNS:
        return "group"
    if lemma.endswith(_PERSON_ENDINGS) and len(lemma) > 4 and lemma not in _NOT_PERSON:
        return "person"
    return "unknown"
