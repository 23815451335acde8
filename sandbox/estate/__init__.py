"""What no emulator has: real hosts, commands that really run, a real balancer, and devices.

host, units, systemctl     one instance: an init that supervises services and runs commands
hosts, link, processes     all instances: starting, asking, and ending them without a trace
nodes                      what stands behind a node of SSM: a real host, or one that is only imagined
ssm, ssm_shapes            the SSM API, put into the emulator's process
commands, documents, agent Run Command: rate control and statuses; parameters; steps on one host
balancer, routes, proxy, health  load balancers: control API; where connections go; bytes; checks
swarm, device, names       simulated cameras and short requests; how they find the service
seed, network, traffic, remote   what exists before a story begins
inplace                    the team's old way of deploying, to compare with
"""
