// languageVersion 2.0: user-defined types, functions, nullable and discriminated parameters.
@export()
type size = 'small' | 'large'

@discriminator('kind')
type source = image | snapshot
type image = { kind: 'image', publisher: string, version: string? }
type snapshot = { kind: 'snapshot', id: string }

@sealed()
type machine = {
  @minLength(2)
  name: string
  size: size
  disks: { *: int }
  source: source
  tags: object?
  @minValue(1)
  @maxValue(3)
  zone: int?
}

param machines machine[]
param pair [string, int] = ['a', 1]
param maybe string?
param flags { on: bool, off: bool? } = { on: true }
@minLength(1)
param list size[] = ['small']

func sku(s size, tier string) string => '${tier}_${s == 'small' ? 'B1s' : 'D4s'}'
func label(m machine) string => '${m.name}/${sku(m.size, 'Standard')}'
func describe(m machine) object => {
  label: label(m)
  disks: map(items(m.disks), d => '${d.key}=${d.value}')
  source: m.source.kind == 'image' ? m.source.publisher : 'none'
}

resource vms 'Microsoft.Compute/virtualMachines@2023-09-01' = [for m in machines: {
  name: m.name
  location: resourceGroup().location
  zones: m.?zone == null ? null : [string(m.?zone)]
  tags: m.?tags ?? { none: 'none' }
  properties: {
    hardwareProfile: { vmSize: sku(m.size, 'Standard') }
    storageProfile: {
      dataDisks: [for (d, i) in items(m.disks): { lun: i, name: d.key, diskSizeGB: d.value, createOption: 'Empty' }]
    }
  }
}]

resource extension 'Microsoft.Compute/virtualMachines/extensions@2023-09-01' = {
  parent: vms[0]
  name: 'ext'
  location: resourceGroup().location
  properties: {
    settings: { vmId: vms[0].properties.vmId, names: map(vms, v => v.name), ids: map(vms, v => v.id) }
    protectedSettings: maybe == null ? null : { text: maybe }
  }
}

output labels array = map(machines, m => label(m))
output described array = [for m in machines: describe(m)]
output pair string = '${pair[0]}${pair[1]}'
output maybe string? = maybe
output flags string = string(flags.?off ?? 'unset')
@secure()
output password string = 'secret-${pair[0]}'
output typed { name: string, sizes: size[] } = { name: 'x', sizes: list }
