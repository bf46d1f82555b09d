metadata description = 'Types that the templates of the hosting share.'

@export()
@description('Plan of the function app.')
@discriminator('kind')
type planType = flexPlanType | premiumPlanType | dedicatedPlanType

@description('Flex Consumption: billed for what runs, none while nothing does.')
type flexPlanType = {
  kind: 'flex'

  @description('Optional. Memory of an instance in MB. Default: 2048.')
  instanceMemory: 2048 | 4096?

  @description('Optional. Greatest number of instances. Default: 40.')
  @minValue(1)
  @maxValue(1000)
  maximumInstances: int?

  @description('Optional. Instances kept warm for HTTP requests; 0 saves their cost, and the first request after a pause waits some seconds. Default: 0.')
  @minValue(0)
  alwaysReady: int?
}

@description('Elastic Premium: at least one instance always runs.')
type premiumPlanType = {
  kind: 'premium'

  @description('Optional. Size of an instance. Default: EP1.')
  size: 'EP1' | 'EP2' | 'EP3'?

  @description('Optional. Greatest number of instances. Default: 20.')
  @minValue(1)
  @maxValue(100)
  maximumInstances: int?
}

@description('Dedicated (App Service): a fixed number of instances.')
type dedicatedPlanType = {
  kind: 'dedicated'

  @description('Optional. Size of an instance. Default: P0v3.')
  size: 'P0v3' | 'P1v3' | 'P2v3' | 'P3v3'?

  @description('Optional. Number of instances. Default: 1.')
  @minValue(1)
  @maxValue(30)
  instances: int?
}

@export()
@description('The resource manager\'s Kafka. The librdkafka setting security.protocol is the name SECURITY_PROTOCOL.')
type kafkaType = {
  @description('Required. Bootstrap servers, host:port, comma-separated.')
  @minLength(1)
  bootstrapServers: string

  @description('Optional. Topic of the events. Default: lm_vnfc_lifecycle_execution_events.')
  topic: string?

  @description('Optional. librdkafka settings that are no secret, by name.')
  config: { *: string }?

  @description('Optional. Names of the librdkafka settings that are secret, such as SASL_PASSWORD or SSL_KEY_PEM: references to the vault.')
  secretNames: string[]?
}

@export()
@description('Where Durable Functions keeps its state.')
@discriminator('kind')
type taskHubType = azureStorageTaskHubType | azureManagedTaskHubType

@description('Azure Storage: the account that the host has anyway.')
type azureStorageTaskHubType = {
  kind: 'azureStorage'
}

@export()
@description('Durable Task Scheduler: more work items a second, no request over 1 MB.')
type azureManagedTaskHubType = {
  kind: 'azureManaged'

  @description('Optional. Billed by what is dispatched, or by capacity. Default: Consumption.')
  sku: 'Consumption' | 'Dedicated'?

  @description('Optional. With Dedicated: capacity units; three make it highly available. Default: 1.')
  @minValue(1)
  @maxValue(3)
  capacity: int?
}

@export()
@description('A built-in role and what it is for.')
type roleType = {
  @description('Required. Role definition id.')
  id: string

  @description('Required. Name, for people.')
  name: string
}

@export()
@description('Settings of the app by name.')
type settingsType = { *: string }

@export()
@description('Tags by name.')
type tagsType = { *: string }

@export()
@secure()
@description('Secret values by the name of their setting.')
type secretsType = { *: string }
