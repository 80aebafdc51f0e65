"""The words a fact may be answered with: the option values of the flow, as enumerations.

Every one of them can say "unknown". No rule, no reading and nothing that anybody wrote may enter.
"""

from __future__ import annotations

from enum import StrEnum


class Tri(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class StaffRole(StrEnum):
    """Which adult who works or volunteers there the concern is about (N-18)."""

    NONE = "none"
    HEAD = "head"
    DSL = "dsl"
    DEPUTY = "deputy"
    CHAIR = "chair"
    OTHER = "other"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    """Ages in whole years; 18 is an adult, in the sixth form too (C-12)."""

    UNDER_13 = "under_13"
    FROM_13_TO_15 = "13_15"
    FROM_16_TO_17 = "16_17"
    ADULT = "adult"
    NONE = "none"
    UNKNOWN = "unknown"


class AdultIs(StrEnum):
    NONE = "none"
    PUPIL_18 = "pupil_18"
    FAMILY = "family"
    KNOWN = "known"
    ONLINE = "online"
    UNKNOWN = "unknown"


class Pressure(StrEnum):
    """S2-24; a dare between children is told apart from pressure (S2-94)."""

    YES = "yes"
    DARE = "dare"
    NO = "no"
    UNKNOWN = "unknown"


class PressureBy(StrEnum):
    KEPT_ASKING = "kept_asking"
    THREATS = "threats"
    MONEY = "money"
    MORE_IMAGES = "more_images"
    TRICKED = "tricked"
    GROOMED = "groomed"
    SOLD = "sold"
    UNKNOWN = "unknown"


class ChildNow(StrEnum):
    SELF_HARM = "self_harm"
    HURT = "hurt"
    AFRAID_HOME = "afraid_home"
    MISSING = "missing"
    DISTRESSED = "distressed"
    CALM = "calm"
    UNKNOWN = "unknown"


class SharedWith(StrEnum):
    """Was it passed on with the pictured child's agreement (S2-24, S2-52)?"""

    YES = "yes"
    NO = "no"
    NOT_SHARED = "not_shared"
    UNKNOWN = "unknown"


class Happened(StrEnum):
    RECEIVED = "received"
    SENT = "sent"
    SHARED_ON = "shared_on"
    TAKEN = "taken"
    ASKED_FOR = "asked_for"
    POSTED = "posted"
    UNKNOWN = "unknown"


class Sharer(StrEnum):
    PICTURED_CHILD = "pictured_child"
    PARTNER = "partner"
    EX_PARTNER = "ex_partner"
    PUPIL = "pupil"
    ADULT = "adult"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class Extent(StrEnum):
    NOT_SHARED = "not_shared"
    PAIR_ONLY = "pair_only"
    FEW = "few"
    MANY = "many"
    PUBLIC = "public"
    UNKNOWN = "unknown"


class App(StrEnum):
    SNAPCHAT = "snapchat"
    WHATSAPP = "whatsapp"
    INSTAGRAM = "instagram"
    TIKTOK = "tiktok"
    DISCORD = "discord"
    GAME = "game"
    NEARBY = "nearby"
    SCHOOL_SYSTEM = "school_system"
    WEBSITE = "website"
    OTHER = "other"
    NONE = "none"
    UNKNOWN = "unknown"


class Contained(StrEnum):
    NOTHING = "nothing"
    REPORTED = "reported"
    BLOCKED = "blocked"
    ASKED_TO_STOP = "asked_to_stop"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class Relationship(StrEnum):
    PARTNERS = "partners"
    EX_PARTNERS = "ex_partners"
    FRIENDS = "friends"
    KNOW_EACH_OTHER = "know_each_other"
    ONLINE_ONLY = "online_only"
    NO_OTHER = "no_other"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """What it seems to have been for, as told; neutral words (N-17)."""

    RELATIONSHIP = "relationship"
    ATTENTION = "attention"
    JOKE = "joke"
    DARE = "dare"
    FOR_SELF = "for_self"
    BREAKUP = "breakup"
    TO_HURT = "to_hurt"
    MONEY = "money"
    UNKNOWN = "unknown"


class Vulnerability(StrEnum):
    NONE = "none"
    SEND = "send"
    IN_CARE = "in_care"
    MENTAL_HEALTH = "mental_health"
    YOUNG_FOR_AGE = "young_for_age"
    HOME = "home"
    OTHER = "other"
    UNKNOWN = "unknown"


class Agency(StrEnum):
    NONE = "none"
    SOCIAL_CARE = "social_care"
    POLICE = "police"
    HEALTH = "health"
    EARLY_HELP = "early_help"
    OTHER = "other"
    UNKNOWN = "unknown"


class Nature(StrEnum):
    """What it is said to show: as told, never seen (S2-66). Nothing is asked about dress (C-11)."""

    NOT_SEXUAL = "not_sexual"
    SEXUAL = "sexual"
    SEXUAL_ACT = "sexual_act"
    VIOLENT = "violent"
    BEYOND_AGE = "beyond_age"
    UNKNOWN = "unknown"


class Worry(StrEnum):
    POLICE = "police"
    FAMILY = "family"
    SCHOOL = "school"
    SPREADING = "spreading"
    FUTURE = "future"
    NONE = "none"
    UNKNOWN = "unknown"


class Device(StrEnum):
    WITH_CHILD = "with_child"
    WITH_OTHER_CHILD = "with_other_child"
    SCHOOL_HAS_IT = "school_has_it"
    SCHOOL_DEVICE = "school_device"
    AT_HOME = "at_home"
    UNKNOWN = "unknown"


class Seen(StrEnum):
    NO = "no"
    BY_ACCIDENT = "by_accident"
    SHOWN = "shown"
    UNKNOWN = "unknown"


class LeadTold(StrEnum):
    YES = "yes"
    TRIED = "tried"
    NO = "no"
    UNKNOWN = "unknown"


class CameFrom(StrEnum):
    """Who told, and how it came to light (S1-15)."""

    PICTURED_CHILD = "pictured_child"
    INVOLVED_CHILD = "involved_child"
    OTHER_CHILD = "other_child"
    PARENT = "parent"
    COLLEAGUE = "colleague"
    FOUND = "found"
    UNKNOWN = "unknown"
