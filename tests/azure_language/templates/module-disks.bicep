param n string
param o object
param a array
resource d 'Microsoft.Compute/disks@2023-10-02' = {
  name: 'dm-${n}'
  location: resourceGroup().location
  tags: { x: o.obj.a, y: a[0], z: '${length(a)}' }
  properties: { creationData: { createOption: 'Empty' } }
}
resource c 'Microsoft.Compute/disks@2023-10-02' = [
  for (i, k) in a: {
    name: 'loop-${k}'
    location: resourceGroup().location
    tags: { i: i, o: string(o) }
    properties: { creationData: { createOption: 'Empty' } }
  }
]
output r string = d.properties.uniqueId
output s string = o.n
