// ActionsRuntime
