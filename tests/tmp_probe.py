def probe():
    import keras, json, traceback
    out={}
    def t(name,f):
        try: out[name]=f()
        except Exception as e: out[name]='ERR '+type(e).__name__+': '+str(e)[:300]
    L=keras.layers
    def unused():
        a,b=keras.Input((3,),name='a'),keras.Input((3,),name='b')
        m=keras.Model([a,b],L.Dense(2)(a)); return [l.name for l in m.layers], json.dumps(m.get_config()['layers'][-1]['config']['name']), [str(k) for k in m.get_config()['input_layers']]
    t('unused',unused)
    def passthrough():
        a=keras.Input((3,),name='a'); m=keras.Model(a,[a,L.Dense(2,name='d')(a)]); return m.output_names,[l.name for l in m.layers]
    t('passthrough',passthrough)
    def middle():
        a=keras.Input((3,),name='a'); h=L.Dense(4,name='d1')(a); y=L.Dense(2,name='d2')(h); m=keras.Model(h,y); return [l.name for l in m.layers],m.input_names
    t('middle',middle)
    def disc():
        a=keras.Input((3,),name='a');b=keras.Input((3,),name='b'); return keras.Model(a,L.Dense(2)(b))
    t('disc',disc)
    def seqempty():
        m=keras.Sequential(); return [m.built, m.layers]
    t('seqempty',seqempty)
    def cp():
        return keras.Sequential([L.Dense(2)]).count_params()
    t('cp',cp)
    def sv():
        return keras.Sequential([L.Dense(2)]).save('/tmp/xx_probe.keras')
    t('sv',sv)
    class S(keras.Model):
        def __init__(s): super().__init__(); s.d=L.Dense(2)
        def call(s,x): return s.d(x)
    t('cp2',lambda: S().count_params())
    t('sv2',lambda: S().save('/tmp/xx_probe.keras'))
    t('outnames',lambda: (lambda a: keras.Model(a,[(lambda d: d)(L.Dense(2,name='d'))(a)]*1).output_names)(keras.Input((3,))))
    def shared():
        a=keras.Input((3,)); d=L.Dense(3,name='d'); m=keras.Model(a,[d(a),d(d(a))]); return m.output_names
    t('shared',shared)
    def dictout():
        a=keras.Input((3,)); m=keras.Model(a,{'z':L.Dense(2,name='d1')(a),'b':L.Dense(2,name='d2')(a)}); return m.output_names
    t('dictout',dictout)
    def seq_cfg():
        m=keras.Sequential([L.Input((3,)),L.Dense(2,name='q')],name='s'); return m.get_config()
    t('seq_cfg',seq_cfg)
    t('seq_cfg2',lambda: keras.Sequential([L.Dense(2,name='q')],name='s').get_config())
    def m2():
        m=keras.Sequential([L.Dense(2,name='q')],name='s'); import numpy as np; m(np.zeros((4,3))); return m.get_config()
    t('seq_cfg3',m2)
    def sub():
        class F(keras.Model):
            def __init__(s, units=3):
                a=keras.Input((3,)); super().__init__(inputs=a,outputs=L.Dense(units,name='dd')(a)); s.units=units
        f=F(); return [type(f).__mro__[1].__name__, f.get_config(), keras.saving.serialize_keras_object(f)]
    t('sub',sub)
    def S2():
        m=S(); m.build((None,3)); return keras.saving.serialize_keras_object(m)
    t('subser',S2)
    def nestedcfg():
        i=keras.Input((3,),name='i'); inner=keras.Model(i,L.Dense(2,name='d')(i),name='inner'); j=keras.Input((3,),name='j'); m=keras.Model(j,inner(j),name='outer'); return m.get_config()['layers'][1]
    t('nestedcfg',nestedcfg)
    def getl():
        keras.Sequential([L.Input((3,)),L.Dense(2,name='q')]).get_layer('w')
    t('getl',getl)
    return json.loads(json.dumps(out,default=str))
