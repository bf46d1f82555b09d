// A trial: nothing runs while nothing is asked for, everything has a public address behind the secret path.
using './main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param kafka = {
  // The Kafka endpoint of Event Hubs, tier Standard or above.
  bootstrapServers: 'evhns-tnco-dev.servicebus.windows.net:9093'
  config: {
    SECURITY_PROTOCOL: 'SASL_SSL'
    SASL_MECHANISM: 'PLAIN'
    SASL_USERNAME: '$ConnectionString'
  }
  secretNames: ['SASL_PASSWORD']
}
param logLevel = 'DEBUG'
// A trial is deleted and made again.
param purgeProtection = false
// Needed at the first time; afterwards the vault keeps them.
param sealingKeys = readEnvironmentVariable('SEALING_KEYS', '')
param routePrefix = readEnvironmentVariable('ROUTE_PREFIX', '')
param kafkaSecrets = empty(readEnvironmentVariable('KAFKA_PASSWORD', ''))
  ? {}
  : { SASL_PASSWORD: readEnvironmentVariable('KAFKA_PASSWORD', '') }
