"""How completions are sampled: order of the prompts, shared prefixes, answers of a policy."""
