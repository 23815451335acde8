"""What no emulator has: real hosts, commands that really run, a real balancer, and devices.

host, units, systemctl     one instance: an init that supervises services and runs commands
hosts, link, processes     all instances: starting, asking, and ending them without a trace
ssm, ssm_shapes            the SSM API, put into the emulator's process
commands, documents, agent Run Command: rate control and statuses; parameters; steps on one host
balancer, routes, proxy, health  load balancers: control API; where connections go; bytes; checks
swarm, device              simulated cameras and short requests
seed, network, traffic, remote   what exists before a story begins
inplace                    the team's old way of deploying, to compare with
"""
