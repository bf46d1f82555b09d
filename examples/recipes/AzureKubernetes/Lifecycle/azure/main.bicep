metadata name = 'AzureKubernetes'
metadata description = 'Creates an AKS cluster with a managed identity, and its pools from a list.'

@description('Required. Name of the cluster.')
@minLength(1)
@maxLength(63)
param cluster_name string

@description('Optional. Region. Default: the resource group\'s.')
param location string = resourceGroup().location

@description('Optional. Version of Kubernetes. Default: AKS\'s own.')
param kubernetes_version string = ''

@description('Optional. Size of the system pool\'s machines. Default: Standard_D4s_v5.')
param vm_size string = 'Standard_D4s_v5'

@description('Optional. Number of the system pool\'s machines. Default: 3.')
@minValue(1)
@maxValue(100)
param nodes int = 3

@description('A further pool.')
type pool = {
  name: string
  vm_size: string
  @minValue(0)
  nodes: int
}

@description('Optional. Further pools: a list of {name, vm_size, nodes}. Default: none.')
param pools pool[] = []

resource cluster 'Microsoft.ContainerService/managedClusters@2024-09-01' = {
  name: cluster_name
  location: location
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    dnsPrefix: cluster_name
    kubernetesVersion: empty(kubernetes_version) ? null : kubernetes_version
    enableRBAC: true
    disableLocalAccounts: true
    aadProfile: {
      managed: true
      enableAzureRBAC: true
    }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        vmSize: vm_size
        count: nodes
        osType: 'Linux'
        osSKU: 'AzureLinux'
      }
    ]
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
    }
  }
}

@batchSize(1)
resource further 'Microsoft.ContainerService/managedClusters/agentPools@2024-09-01' = [
  for one in pools: {
    parent: cluster
    name: one.name
    properties: {
      mode: 'User'
      vmSize: one.vm_size
      count: one.nodes
      osType: 'Linux'
      osSKU: 'AzureLinux'
    }
  }
]

@description('Id of the cluster.')
output cluster_id string = cluster.id

@description('Address of the cluster\'s API server.')
output cluster_fqdn string = cluster.properties.fqdn

@description('Names of the further pools.')
output pool_names array = [for (one, at) in pools: further[at].name]
