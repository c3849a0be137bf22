"""Every constant of assessment, with its unit, the reason for it and its source.

*Tuning worlds* are made worlds whose seeds are spent: no result is reported on them. What each value met there is data,
in `bench/history/assess-thresholds.toml`. Constants that grouping uses as well stand in `records/candidates.py`.
"""

from __future__ import annotations

from stillwatch.records.claims import IS_BATCH_JOB, IS_RESELLER

# Bits
CLEAR_BITS = 4.0  # bits, 16 to 1: a group test, or what accounts share each, says something clearly
LEANING_BITS = 2.0  # bits, 4 to 1: it points there
HANDOVER_BITS = 3.0  # bits of at most 5 that handovers carry; reached with some hundred refused requests
ONE_CLOCK_BITS = 8.0  # bits of at most 10.3 in hours, volumes and releases: two tests at their most, the third agreeing
SHARED_VALUE_CAP = 14.0  # bits an account that one claim of linking may carry: its values overlap
IDENTITY_BITS = 4.0  # bits that claimed identities may carry, for or against: registration is cheap to invent
OPEN_ADDRESS_BITS = -3.0  # bits where most requests come from one subnet: the accounts do not hide
HIDING_ADDRESS_BITS = 2.0  # bits where they do not; strangers' requests come from everywhere as well
PERMIT_BITS = -6.0  # bits where a permit covers a good part: its holder had leave for the purpose

# Self-similarity, on the scale from one pool of questions (0) to people in these logs (1)
LIKE_ONE_POOL = 0.35  # up to here members do not come back to their own earlier work (tuning worlds)
LIKE_PEOPLE = 0.5  # from here on they do, as people: nearer to people than to one pool

# Shares, in [0, 1]
MAJORITY = 0.5  # of members, exchanges, addresses or judged accounts, from which a part speaks for the group
LEAST_REGISTERED = 0.5  # of members in the accounts table, under which registration is not in the logs
LEAST_PERMITTED = 0.05  # of a network's exchanges, from which a permit may explain the rest
LEAST_REACH = 0.5  # of the accounts that one queue would reach: one customer's questions reach fewer (tuning worlds)
RESAMPLED = 0.3  # of the questions that several accounts ask: relays' customers reach 0.2 (tuning worlds)
ORGANISATIONS_PER_ACCOUNT = 0.25  # of declared accounts: fewer than four accounts each are no openly kept fleet of keys
OPEN_IDENTITIES = 0.25  # claimed customers an account: the odds of hiding are even there, and double twice above it
FEWEST_IDENTITIES = 1 / 16  # claimed customers an account, below which fewer say no more

# Accounts, addresses, days
BEYOND_HOUSEHOLD = 20  # accounts: more than a family, an office login or one developer's keys
BEYOND_SMALL_FIRM = 64  # accounts: more keys than a firm registers one by one; fleets of tuning worlds have up to 40
LEAST_NAMED = 4  # accounts of one organisation, card or mail domain, under which naming it declares nothing
LEAST_COUNTED = 8  # accounts, under which claimed identities say nothing
HIDING_SUBNETS = 64  # subnets (/24) that no firm sends from, whatever its keys
SUBNETS_PER_ACCOUNT = 0.5  # subnets (/24) for each account, from which a group hides where it sits
SHORT = 2.0  # days: an assignment or a hackathon lasts no longer
EXAMPLES = 5  # shared values that one item of evidence names as examples

# Acts of a member's own
OWN_WAYS = 2  # independence groups besides texts in which it took up what others held: as many as linking asks for
OWN_WORK = 0.1  # share of its exchanges that are likelier a person's, from which others may have made it ask the rest
LEAST_WORK = 2  # such exchanges up to which they may be misread: of campaigns' accounts one in ten has more (tuning)

# From bits to levels
WATCH_PROBABILITY = 0.5  # likelier extraction than not
REVIEW_PROBABILITY = 0.9  # a person's time is well spent
ACT_PROBABILITY = 0.99  # one group in a hundred may be wrong, before the limit on expected innocents
DOUBTED = (1.0, 0.9, 0.4)  # most probability stated with no, one, or more explanations open (tuning worlds)
# most probability stated while one of these is open: of groups that were left so in tuning worlds, all were innocent
DOUBTED_AS = {IS_BATCH_JOB.name: 0.5, IS_RESELLER.name: 0.5}
EXTREME_BITS = 60.0  # bits beyond which a probability is 0 or 1 to the last digit
VIEW_WEIGHT = 0.25  # weight of a test beside a stronger view of the same fact
PURPOSE_BITS_CAP = 20.0  # bits of an account's own exchanges for or against its membership
REVIEW_MEMBER = 0.5  # probability below which an account, likelier a stranger than a member, is only watched
CERTAIN = 0.999999  # the most probability that evidence alone may state: six decimals must not round to certainty

# Shares of what a campaign asked for
RIGHTLY_NAMED = 50.0  # exchanges taken to be named rightly, so that few are not worked back far (1 % of 5,000)
