"""The functions: logic on fakes, handlers on real proxy events, ports on moto."""
