using 'main.bicep'

param EdgeName = 'edge-branch-7'
param VCO = 'vco.example.com'
param ActivationKey = 'given-by-the-orchestrator'
param SslPublicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... operator'
param vNetName = 'vnet-edge-7'
