// What `azd up` uses: the values of the azd environment (`azd env set NAME value`) and of the shell.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param kafka = {
  bootstrapServers: readEnvironmentVariable('KAFKA_BOOTSTRAP_SERVERS', 'kafka.example.com:9093')
  config: {
    SECURITY_PROTOCOL: 'SASL_SSL'
    SASL_MECHANISM: 'PLAIN'
    SASL_USERNAME: readEnvironmentVariable('KAFKA_USERNAME', '$ConnectionString')
  }
  secretNames: ['SASL_PASSWORD']
}
// `azd env set TASK_HUB azureManaged` for Durable Task Scheduler, before the first `azd up`.
param taskHub = readEnvironmentVariable('TASK_HUB', 'azureStorage') == 'azureManaged'
  ? { kind: 'azureManaged' }
  : { kind: 'azureStorage' }
// A trial is deleted and made again.
param purgeProtection = false
// Needed at the first time; afterwards the vault keeps them.
param sealingKeys = readEnvironmentVariable('SEALING_KEYS', '')
param routePrefix = readEnvironmentVariable('ROUTE_PREFIX', '')
param kafkaSecrets = empty(readEnvironmentVariable('KAFKA_PASSWORD', ''))
  ? {}
  : { SASL_PASSWORD: readEnvironmentVariable('KAFKA_PASSWORD', '') }
