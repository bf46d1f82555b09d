// Production: zones, two warm instances, a virtual network of its own to be peered with the resource manager's, no public access,
// alerts, and TNC-O's Strimzi Kafka with a client certificate.
using './main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param plan = {
  kind: 'flex'
  maximumInstances: 40
  alwaysReady: 2 // the least that zones allow
}
param zoneRedundant = true
param kafka = {
  bootstrapServers: 'kafka-bootstrap.tnco.example.com:443'
  config: {
    SECURITY_PROTOCOL: 'SSL'
  }
  secretNames: [
    'SSL_CA_PEM'
    'SSL_CERTIFICATE_PEM'
    'SSL_KEY_PEM'
  ]
}
param privateNetwork = true
param addressPrefix = '10.200.0.0/24'
param deploymentPrincipalIds = ['00000000-0000-0000-0000-000000000001']
param alertEmails = ['operations@example.com']
// Needed at the first time; afterwards the vault keeps them.
param sealingKeys = readEnvironmentVariable('SEALING_KEYS', '')
param routePrefix = readEnvironmentVariable('ROUTE_PREFIX', '')
param kafkaSecrets = empty(readEnvironmentVariable('KAFKA_CLIENT_KEY', ''))
  ? {}
  : {
      SSL_CA_PEM: readEnvironmentVariable('KAFKA_CA', '')
      SSL_CERTIFICATE_PEM: readEnvironmentVariable('KAFKA_CLIENT_CERTIFICATE', '')
      SSL_KEY_PEM: readEnvironmentVariable('KAFKA_CLIENT_KEY', '')
    }
