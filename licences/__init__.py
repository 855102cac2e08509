"""Which rights a page states, which rules a robots.txt sets, and what a policy makes of both: values in, values out.

What others may use, by module:

- `licences.vocabulary`: usages, verdicts, outcomes, conditions; `licences.errors`: what can go wrong
- `licences.representation`: `Representation`, all that an observer sees of a response
- `licences.observers`: `observe`, everything a response states about rights
- `licences.observation`, `licences.rights`: `Observation`, `Statement`; `RightsSet`, `Lookup`
- `licences.site_documents`: the host's files beside robots.txt; `licences.signals.access`: `observe_refusal`
- `licences.robots`: `RobotsDocument`, `RobotsState`, `robots_state`, `allowed`
- `licences.policy`: `load`, `decide`, `Policy`, `Decision`
"""
