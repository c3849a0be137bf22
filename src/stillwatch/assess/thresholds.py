"""Every constant of assessment that is not fitted, with its unit, the reason for it and its source.

What a hypothesis expects of each measure is fitted (`hypotheses.json`). Constants that grouping uses as well stand in
`records/candidates.py`.
"""

from __future__ import annotations

# Bits
CLEAR_BITS = 4.0  # bits, 16 to 1, of values that one innocent reason does not explain, from which it is not the reason
BEYOND_STRANGERS = 3.0  # bits an account that strangers do not come to share, from which they are no strangers
SHARED_VALUE_CAP = 14.0  # bits an account that one claim of linking may carry: its values overlap
PERMIT_BITS = -6.0  # bits where a permit covers a good part: its holder had leave for the purpose
EXCLUDED_BITS = 4.2  # bits, 19 to 1, from which an explanation is excluded: what `act` asks of all together

INDICATOR_BITS_CAP = 6.0  # bits that all partners' indicators may add: partners may have them from one another

# Probabilities that a partner is right
MOST_TRUSTED = 0.95  # highest weight of a partner, 4.3 bits: nobody is right always
LEAST_TRUSTED = 0.5  # under which a partner says nothing: many without a record would else add up

# Shares, in [0, 1]
MOST_PEOPLE_HOLDING = 0.01  # of people outside networks who hold a partner's values, above which it says nothing
MAJORITY = 0.5  # of judged accounts, from which a part speaks for the group
LEAST_LOGGED = 0.5  # of members with a value, under which the log is taken not to have it
LEAST_REGISTERED = 0.5  # of members in the accounts table, under which registration is not in the logs
ONE_DOMAIN = 0.8  # of members with one mail domain of their own, from which they say openly whose they are
LEAST_PERMITTED = 0.05  # of a network's exchanges, from which a permit may explain the rest

LEAST_NAMED = 4  # accounts of one organisation, card or mail domain, under which naming it declares nothing
EXAMPLES = 5  # shared values that one item of evidence names as examples
TELLING = 2  # measures that the sentence of an explanation names

# Days
LOOKS_DAYS = 1.0  # over which searches count together, so that an account's odds must last: people work by days
LEAST_WATCHED = 3.0  # from a group's first exchange, before which nothing tells whether it is over in a day or two

# Acts of a member's own
OWN_WAYS = 2  # independence groups besides texts in which it took up what others held: as many as linking asks for
OWN_WORK = 0.1  # share of its exchanges that are likelier a person's, from which others may have made it ask the rest
OWN_MANNERS = 3  # ways of sending what it took over, in which it sends nothing else: a bot has one, two after an update
LEAST_WORK = 2  # such exchanges up to which they may be misread: of campaigns' accounts one in ten has more (tuning)
# Exchanges that others took over from it, as shares of all its own and of those that it took over, beyond which it is
# copied too much for taking over to tell; members of queues have 0.01 to 0.12 of all (tuning).
GIVEN, GIVEN_BESIDE_TAKEN = 0.25, 0.5

# From bits to levels
WATCH_PROBABILITY = 0.5  # likelier extraction than not
REVIEW_PROBABILITY = 0.9  # a person's time is well spent
ACT_PROBABILITY = 0.95  # of any one group; on average the false discovery rate asks for more
PURPOSE_BITS_CAP = 20.0  # bits of an account's own exchanges for or against its membership
REVIEW_MEMBER = 0.5  # probability below which an account, likelier a stranger than a member, is only watched
LOOSELY_LINKED = 0.6  # of the median member's link bits, below which an account is asked first: most innocents (tuning)
SAME_ODDS = 1.0 - 1e-9  # of odds, from which an average over searches is the same: it is summed in floats
CERTAIN = 0.999999  # the most probability that evidence alone may state: six decimals must not round to certainty

# Shares of what a campaign asked for
RIGHTLY_NAMED = 50.0  # exchanges taken to be named rightly, so that few are not worked back far (1 % of 5,000)

# Accounts that are found to belong to a network after the run that assessed it
WHOLLY_ACCUSED = 0.9  # of a group's accounts at a level or seen before, from which who joins is taken for one of them
OWN_WORDS = 0.8  # of its exchanges that say what the network's do: of campaigns' accounts 0.85 to 1, lured people 0.4
JOINED_BITS = 7.0  # bits beyond the price of membership that `act` asks of it: its own requests were not assessed

# Networks that are remembered
LEFT_IN_LOGS = 0.5  # of a network's exchanges, with fewer of which in the logs no run can judge its accounts again
MOST_VALUES = 2_000  # of a network, those that say most of it: some hold a data set
MOST_NETWORKS = 1_000  # those that were found last

# Sign-ups
ADDRESSES_AT_ONCE = 200_000  # that are looked up in the provider's address data; about 50 MB
# newcomers who may be earlier operators; the shares are assumptions
RETURNING = 0.01  # of newcomers who are the operator of any earlier network
IDENTITY_KEPT = 0.3  # probability that an operator who returns has kept addresses, or mail, or cards
CONTENTS_KEPT = 0.9  # that it still asks for the same
OTHERWISE_KEPT = 0.5  # that it has kept any other sort of evidence
CREDIBLE = 0.95  # of the probability of any earlier network, that those carry together which are named
NAMED = 0.5  # probability from which a newcomer is named to people; nothing follows from it
