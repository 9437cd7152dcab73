"""Tools that know nothing of SkillSwap; each file could be a package of its own."""
