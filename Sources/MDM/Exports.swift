// The umbrella: what a host sees after `import MDM`. It declares nothing of its own.

@_exported public import MDMElection
@_exported public import MDMEngine
@_exported public import MDMMonitoring
@_exported public import MDMQuietMode
@_exported public import MDMReadSync
@_exported public import MDMRouting
@_exported public import MDMService
@_exported public import MDMSession
@_exported public import MDMStanza
