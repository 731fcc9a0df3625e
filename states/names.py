"""The words by which a name is told from what an office writes with a capital: data for `states/personal.py`."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words("mr mrs ms miss mx dr prof professor sir dame lady lord rev reverend master")

KIN = _words(
    "mum mummy mother dad daddy father son daughter sister brother gran grandma grandmother grandad grandfather nan "
    "aunt auntie uncle stepmother stepfather stepmum stepdad pupil twin"
)

# Common first names, without those that are words of the language too (Mark, Will, Grace, May, April, Rose, Hope).
FIRST_NAMES = _words(
    """
    aaron abdul abdullah abigail abu adam adrian ahmed aidan aisha alan albert alex alexander alexandra alfie ali alice
    alicia alison amanda amelia amina amir amy andrea andrew angela anita ann anna anne anthony archie arthur ashley
    ava ayesha barbara ben benjamin bethany brenda brian caitlin callum carl carol caroline catherine charlie charlotte
    chloe chris christine christopher claire clare connor craig daisy daniel danielle darren david dawn deborah
    debbie denise dennis derek diane donna dorothy dylan edward eleanor elizabeth ella ellie emily emma eric ethan evan
    eve fatima faye fiona florence frances francesca frank freddie gareth gary gavin gemma geoffrey george georgia
    georgina gillian graham hannah harriet harrison harry hasan hassan heather helen henry hugo hussain ian ibrahim
    imogen isaac isabel isabella isabelle isla isobel jack jackie jacob jade jake james jamie jane janet janice jason
    jayden jean jenna jennifer jenny jessica jill joan joanna joanne joe joel john jonathan jordan joseph joshua josh
    joyce judith julia julian julie kai karen kate katherine kathleen katie kayleigh keith kelly kenneth kerry kevin
    khadija kieran kim kirsty kyle laura lauren leah leanne lee leo lesley lewis liam linda lindsay lisa logan louise
    lucas lucy luke lydia maisie malcolm margaret maria marie martin mary maryam mason matilda matthew megan
    melanie melissa mia michael michelle mohamed mohammad mohammed molly muhammad musa nadia naomi natalie natasha
    nathan neil niamh nicholas nicola nicole nigel noah nora olivia oliver omar oscar owen pamela patricia patrick paul
    paula pauline peter philip phillip phoebe poppy priya rachel rebecca reece rhys richard riley robert robin roger
    ronald rory rosie ross roxanne ruby ruth ryan sally sam samantha samira samuel sandra sara sarah scott sean
    sebastian shannon sharon shaun sheila shirley siobhan sofia sonia sophia sophie stacey stephanie stephen steven
    stuart sunita susan suzanne sylvia tanya tariq teresa theo thomas tim timothy toby tony tracey tracy tyler valerie
    vanessa veronica victoria vincent wayne wendy william yasmin yusuf yvonne zachary zainab zara zoe
    """
)

# A row of capitals with one of these in it is the name of a place or a body.
INSTITUTIONS = _words(
    """
    academy academies association avenue borough building campus centre chambers charity church city clinic close
    college commission company council county court department district drive federation foundation government green
    group hall hill hospital hotel hospice house infant infants institute junior lane library limited ltd ministry
    nursery office park partnership practice primary road roundabout school schools secondary service services
    society saint saints square st street surgery terrace tribunal trust union university village
    """
)

# What bears a capital in an office's notes, and names nobody.
OFFICE_WORDS = _words(
    """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri
    sat sun christmas easter boxing day bank holiday good new year eve autumn spring summer winter term half
    england english wales welsh scotland scottish britain british london greater north south east west northern southern
    eastern western european royal mail post delivery recorded signed tracked first second class
    act regulation regulations rule rules part section sections schedule article code practice direction directions
    notice order orders plan plans draft final proposed amended working document documents form letter letters email
    e-mail annex appendix page paragraph para version bundle report reports minutes file note notes index
    annual review reviews interim emergency early phase transfer transition assessment assessments reassessment needs
    education educational health care social special send sen ehc ehcp plan's children child children's family
    families young person persons people adult adults parent parents parental parent's carer carers guardian
    local authority authorities authority's la offer inclusion support early years foundation stage key reception
    panel panels board committee cabinet member members chair deputy assistant head heads headteacher headmaster
    headmistress teacher teachers teacher's principal governor governors senco sencos sendco teaching staff team teams
    officer officers manager managers director adviser advisers advisor advocate advocates caseworker caseworkers case
    worker workers coordinator co-ordinator lead leader leads business administrator admin clerk registrar judge
    judges judge's legal solicitor solicitors counsel barrister ombudsman ombudsman's inspector inspectors commissioner
    secretary minister state upper tier first-tier appeals appeal appellant respondent mediation mediator mediators
    certificate certificates conference hearing hearings consent tribunal's council's
    speech language therapy therapist therapists occupational physiotherapy physiotherapist psychology psychologist
    psychologists psychiatrist paediatrician paediatric nurse nurses doctor consultant gp camhs autism autistic
    dyslexia visual hearing impairment outreach portage
    teams outlook word excel microsoft sharepoint zoom google adobe whatsapp facebook capita mosaic liquidlogic synergy
    i i'm ok yes no the a an this that these those they he she we it his her their our your my and or but not of to in
    on at by for from with without as if when where who what why how all any each both one two three four five six
    also another after before since until while about again already awaiting agreed advised asked attended called
    cancelled chased checked chasing closed confirmed contacted copied corrected declined delivered discussed emailed
    forwarded found given gave held informed issued left made met moved needs noted now phoned please posted rang read
    received recorded refused rejected replied reported requested resent returned reviewed sent see seen sign spoke
    still submitted telephoned told took tried updated uploaded visited waiting was were will withdrew wrote written
    date dated today tomorrow yesterday morning afternoon evening week weeks month months see ref reference re
    """
)
