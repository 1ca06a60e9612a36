"""Decoding of lines: a network's log probabilities in; texts, their probabilities and their frames out.

NumPy only: no pictures, no models, no files. The order of the modules, from the bottom up::

    lattice      log probabilities of a line, checked and normalized
    ctc          probability of one text, its frames, the probability of each of its characters
    automaton    texts that a rule accepts: a deterministic finite automaton
    rules        length, decimals · check_digits: Luhn, mod 97, ISBN, EAN · pattern: "dd/dd/dddd"
    grammar      all rules of a line, compiled to one automaton
    completion   sums and maxima over all paths that an automaton accepts
    search       the most probable texts that an automaton accepts
    decode       a line decoded: text, confidence, characters, alternatives
    agreement    the free and the constrained reading compared · upside_down
"""
